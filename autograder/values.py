"""Plain values: what may pass between a student's code and a test, and how it crosses a pipe.

A value is plain when it is None, a bool, int, float, complex, str, bytes, list, tuple, set, dict, NumPy array of a numeric
or boolean dtype, or a torch tensor. Everything else either is reduced to that (a Counter to a dict, an array subclass to an
array) or refused. The same reduction is applied at a student's desk and in grading, so both see the same value.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
import struct
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

with contextlib.suppress(ImportError):  # checks at a student's desk send nothing to another process, and need NumPy alone
    import msgpack


class Later:
    """A module that is imported when something of it is first asked for: a worker starts sooner, and forks sooner, without."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = vars(self)[attribute] = getattr(import_module(self._name), attribute)
        return value


if TYPE_CHECKING:
    import numpy as np
else:
    np = Later("numpy")

Array: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[Any]]"
T = TypeVar("T")

MAX_FRAME = 64 * 2**20  # bytes of one message
MAX_DEPTH = 40  # nesting of lists, dictionaries and tuples
MAX_ITEMS = 10**6  # values in one message, those inside lists and dictionaries counted one by one
MAX_BITS = 13_000  # of an int: about 3,900 digits, which Python still turns into text and back
MAX_COLLISIONS = 100  # keys of one dictionary or set that share a hash
ARRAY_KINDS = "biufc"  # bool, signed and unsigned integers, floats, complex
ARRAY_DTYPE = re.compile(r"[<|](b1|[iu][1248]|f(2|4|8|16)|c(8|16))")
TUPLE, SET, ARRAY, COMPLEX, INTEGER, HANDLE, TENSOR, FROZENSET = range(1, 9)  # msgpack extension types


class NotPlain(TypeError):
    """A value that cannot pass between a student's code and a test."""


class BadFrame(ValueError):
    """Bytes from the other process that do not follow the protocol."""


@dataclass(frozen=True)
class Reference:
    """An object that stays in the other process: its number there and the name of its class."""

    number: int
    kind: str


@dataclass(frozen=True, eq=False)
class Tensor:
    """A torch tensor by value, for a process that does not import torch: its data and its dtype's name."""

    data: Array
    dtype: str
    requires_grad: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def held(self) -> Array:
        """The numbers that torch holds for the data, rounded to the dtype; float32 where NumPy has no such dtype."""
        if self.dtype != "bfloat16":
            return self.data.astype(self.dtype)
        bits = self.data.astype(np.float32).view(np.uint32)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)  # to the nearest 16 upper bits, ties to even
        return np.where(np.isnan(self.data), np.float32(np.nan), rounded.view(np.float32))


def plain(value: object) -> object:
    """``value`` reduced to exact built-in types and base-class arrays, copied throughout.

    Raises NotPlain naming the type that was met.
    """
    return value if type(value) in _UNCHANGED else _plain(value, 0, itertools.count(1))


def _plain(value: object, depth: int, counter: Iterator[int]) -> object:
    kind: type[Any] = type(value)
    _count(counter, 1)
    if kind in _UNCHANGED:
        return value
    if type(value) is int:
        if value.bit_length() > MAX_BITS:
            raise NotPlain(f"a whole number of {value.bit_length():,} bits (at most {MAX_BITS:,})")
        return value
    if depth > MAX_DEPTH:
        raise NotPlain(f"a value nested more than {MAX_DEPTH} levels deep")
    if type(value) is list or type(value) is tuple:  # most of what is passed; the rest below would do the same
        return kind(_plain_items(value, depth, counter))
    if type(value) is dict:
        keys = _hashable(_plain_items(value.keys(), depth, counter))
        return dict(zip(keys, _plain_items(value.values(), depth, counter), strict=True))
    if "numpy" in sys.modules:  # else there is none
        if isinstance(value, np.generic):
            return _plain_scalar(value)
        if isinstance(value, np.ndarray):
            return _plain_array(value)
    for builtin, exact in _EXACT:  # subclasses, such as an IntEnum: the value itself, whatever their str() or int() says
        if isinstance(value, builtin):
            return _plain(exact(value), depth, counter)
    if isinstance(value, list | tuple | set | frozenset):
        base: type[Any] = next(t for t in (list, tuple, set, frozenset) if isinstance(value, t))
        items = [_plain(item, depth + 1, counter) for item in base.__iter__(value)]
        return base(_hashable(items) if base in (set, frozenset) else items)
    if isinstance(value, dict):
        keys = _hashable([_plain(key, depth + 1, counter) for key in dict.keys(value)])
        return dict(zip(keys, (_plain(item, depth + 1, counter) for item in dict.values(value)), strict=True))
    if isinstance(value, Tensor | Reference):
        return value
    if any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in kind.__mro__):
        return _plain_tensor(value)
    raise NotPlain(describe_type(value))


def _count(counter: Iterator[int], items: int) -> None:
    if items and next(itertools.islice(counter, items - 1, None)) > MAX_ITEMS:
        raise NotPlain(f"a value of more than {MAX_ITEMS:,} items")


def _plain_items(values: Collection[object], depth: int, counter: Iterator[int]) -> list[object]:
    """Plain copies of the items of a list, tuple or dictionary; items that are plain as they are, are their own copies."""
    if _flat(values):
        _count(counter, len(values))
        return list(values)
    if depth < MAX_DEPTH and set(map(type, values)) == {tuple}:  # n-grams, say: they cannot change
        inside: list[object] = list(itertools.chain.from_iterable(cast("Collection[tuple[object, ...]]", values)))
        if _flat(inside):
            _count(counter, len(values) + len(inside))
            return list(values)
    return [_plain(item, depth + 1, counter) for item in values]


def _flat(value: Collection[object]) -> bool:
    """Whether all items are plain as they are, seen at a glance: a long text, or whole numbers that are short enough."""
    kinds = set(map(type, value))
    return kinds <= _ATOMS and (int not in kinds or max(n.bit_length() for n in value if type(n) is int) <= MAX_BITS)


_UNCHANGED = frozenset({bool, float, str, bytes, complex, type(None)})  # plain as they are
_ATOMS = _UNCHANGED | {int}
_EXACT: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, int.__int__), (float, float.__float__), (complex, complex.__complex__), (str, str.__str__), (bytes, bytes.__bytes__))


def _hashable(keys: list[object]) -> list[object]:
    if set(map(type, keys)) <= _ATOMS:
        return keys
    for key in keys:
        try:
            hash(key)
        except TypeError:
            raise NotPlain(f"a dictionary or set with {describe_type(key)} as a key") from None
    return keys


def native(value: object) -> object:
    """A plain value as a student's code gets it: the same, with torch tensors where it holds a Tensor."""
    if isinstance(value, Tensor):
        import torch

        tensor = torch.from_numpy(value.data.copy()).to(getattr(torch, value.dtype))
        return tensor.requires_grad_(value.requires_grad)
    return _inside(value, native)


def arrays(value: object) -> object:
    """A plain value with NumPy arrays in place of tensors."""
    return value.data if isinstance(value, Tensor) else _inside(value, arrays)


def _inside(value: object, convert: Callable[[object], object]) -> object:
    if isinstance(value, list | tuple):
        if _flat(value):
            return type(value)(value)
        return type(value)(convert(item) for item in value)
    if isinstance(value, dict):
        return {key: convert(item) for key, item in value.items()}
    return value


def describe_type(value: object) -> str:
    """The type of a value in words a student knows."""
    words = {"generator": "a generator (wrap it in list(...) to return its items)", "function": "a function",
             "ellipsis": "an ellipsis (...)", "map": "a map object (wrap it in list(...))",
             "zip": "a zip object (wrap it in list(...))", "dict_keys": "dictionary keys (wrap them in list(...))",
             "dict_values": "dictionary values (wrap them in list(...))", "range": "a range (wrap it in list(...))"}
    name = type(value).__name__
    return words.get(name, f"an object of type {name}")


def _plain_scalar(value: np.generic[Any]) -> object:
    if value.dtype.kind not in ARRAY_KINDS + "US":
        raise NotPlain(f"a NumPy value of dtype {value.dtype}")
    if isinstance(value, np.longdouble | np.clongdouble):  # whose item() is no Python number
        return complex(value) if value.dtype.kind == "c" else float(value)
    return value.item()


def _plain_array(array: Array) -> Array:
    if array.dtype.kind not in ARRAY_KINDS or array.dtype.itemsize > 16:
        raise NotPlain(f"a NumPy array of dtype {array.dtype}")
    return np.array(np.asarray(array), dtype=array.dtype.newbyteorder("="), order="C", copy=True)


def _plain_tensor(tensor: Any) -> Tensor:
    import torch  # it is there: the tensor came from it

    dtype = str(tensor.dtype).removeprefix("torch.")
    try:
        data = tensor.detach().cpu()
        if data.dtype in (torch.bfloat16, torch.float16):
            data = data.float()
        data = data.resolve_conj().resolve_neg().contiguous().numpy()
    except (RuntimeError, TypeError):
        raise NotPlain(f"a {tensor.layout} tensor of dtype {dtype}".replace("torch.", "")) from None
    return Tensor(_plain_array(data), dtype, bool(tensor.requires_grad))


# --- to bytes ---------------------------------------------------------------------------------------------------------

def pack(value: object) -> bytes:
    """Bytes of a plain value. Raises NotPlain for anything that is not plain, or too large."""
    try:
        data = _encode(plain(value))
        if len(data) > MAX_FRAME:
            raise NotPlain(f"a value of {len(data) / 2**20:.0f} MB (at most {MAX_FRAME // 2**20} MB)")
        if len(data) > MAX_ITEMS:  # a shorter one cannot hold more items, and its depth is that of a plain value
            _check_structure(data)
    except BadFrame as error:
        raise NotPlain(f"a value that cannot be sent ({error})") from None
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise NotPlain(f"a value that cannot be sent ({type(error).__name__})") from None
    return data


def _encode(value: object) -> bytes:
    data: bytes = msgpack.packb(value, default=_extended, strict_types=True, use_bin_type=True, unicode_errors="surrogatepass")
    return data


def _extended(value: object) -> msgpack.ExtType:
    """What msgpack asks for types it does not know."""
    match value:
        case tuple():
            return msgpack.ExtType(TUPLE, _encode(list(value)))
        case set() | frozenset():
            return msgpack.ExtType(SET if isinstance(value, set) else FROZENSET, _encode(list(value)))
        case int():
            return msgpack.ExtType(INTEGER, str(value).encode())
        case complex():
            return msgpack.ExtType(COMPLEX, struct.pack("<dd", value.real, value.imag))
        case Reference():
            return msgpack.ExtType(HANDLE, _encode([value.number, value.kind]))
        case Tensor():
            return msgpack.ExtType(TENSOR, _encode([value.dtype, value.requires_grad, value.data]))
        case np.ndarray():
            little = value.astype(value.dtype.newbyteorder("<"), order="C", copy=False)
            return msgpack.ExtType(ARRAY, _encode([little.dtype.str, list(little.shape), little.tobytes()]))
    raise NotPlain(describe_type(value))


# --- from bytes -------------------------------------------------------------------------------------------------------

def unpack(data: bytes) -> object:
    """The plain value of bytes made by ``pack``. Raises BadFrame for anything else; never runs what the bytes say."""
    if len(data) > MAX_FRAME:
        raise BadFrame(f"message of {len(data)} bytes, at most {MAX_FRAME}")
    _check_structure(data)
    try:
        return _decode(data)
    except BadFrame:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError, struct.error,
            msgpack.exceptions.UnpackException) as error:
        raise BadFrame(f"malformed message: {type(error).__name__}") from None


_LENGTH = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2,
           0xDF: 4}  # bytes of the length that follows: binary, extension, string, list, dictionary
_ATOM = {0xC0: 1, 0xC2: 1, 0xC3: 1, 0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}
_NESTED = (TUPLE, SET, FROZENSET, ARRAY, HANDLE, TENSOR)  # extensions whose body is again a message


def _check_structure(data: bytes) -> None:
    """Walk over the headers of a message and build nothing.

    Raises BadFrame where it announces more than it holds, holds too many items, or nests them too deep: what would make
    the decoder fill the memory.
    """
    size, at, left, items = len(data), 0, 1, 0
    open_levels: list[tuple[int, int | None]] = []  # items left one level up; where this level has to end
    while True:
        while left == 0:
            if not open_levels:
                if at != size:
                    raise BadFrame("message is cut short or has bytes after its end")
                return
            left, end = open_levels.pop()
            if end is not None and at != end:
                raise BadFrame("extension does not fill its length")
        left, items = left - 1, items + 1
        if items > MAX_ITEMS:
            raise BadFrame(f"more than {MAX_ITEMS:,} items")
        if at >= size:
            raise BadFrame("message is cut short")
        head = data[at]
        if head < 0x80 or head >= 0xE0:  # a small int
            at += 1
        elif head in _ATOM:
            at += _ATOM[head]
        elif 0xA0 <= head < 0xC0:  # a short string
            at += 1 + (head & 31)
        elif head == 0xC1:
            raise BadFrame("a byte that means nothing")
        elif head < 0xA0:  # a short dictionary or list
            at, count = at + 1, (head & 15) * (2 if head < 0x90 else 1)
            open_levels.append((left, None))
            left = count
        else:
            width = _LENGTH.get(head, 0)
            length = int.from_bytes(data[at + 1:at + 1 + width], "big") if width else 1 << (head - 0xD4)
            at += 1 + width
            if head >= 0xDC:  # a list or dictionary
                open_levels.append((left, None))
                left = length * (2 if head >= 0xDE else 1)
            elif 0xC7 <= head <= 0xC9 or 0xD4 <= head <= 0xD8:  # an extension: its type, then its body
                code, at = data[at] if at < size else 0, at + 1
                if not TUPLE <= code <= FROZENSET:  # msgpack would read -1 as a time
                    raise BadFrame(f"unknown extension type {code}")
                if code in _NESTED:
                    open_levels.append((left, at + length))
                    left = 1
                else:
                    at += length
            else:
                at += length
        if len(open_levels) > 2 * MAX_DEPTH + 20:  # a tuple takes two levels; a message wraps its value in a few
            raise BadFrame("message nested too deep")


def _decode(data: bytes) -> object:
    return msgpack.unpackb(data, ext_hook=_extension, object_pairs_hook=_dictionary, strict_map_key=False, raw=False,
                           use_list=True, unicode_errors="surrogatepass")


def _dictionary(pairs: list[tuple[object, object]]) -> dict[object, object]:
    _distinct([key for key, _ in pairs])
    return dict(pairs)


def _distinct(keys: list[object]) -> list[object]:
    """The keys of a dictionary or set. Raises BadFrame where so many share a hash that building it would take forever."""
    if len(keys) > MAX_COLLISIONS and max(Counter(map(hash, keys)).values()) > MAX_COLLISIONS:
        raise BadFrame("keys chosen to collide")
    return keys


def _extension(code: int, body: bytes) -> object:
    match code:
        case 1:  # TUPLE
            return tuple(_expect(list, _decode(body)))
        case 2 | 8:  # SET, FROZENSET
            return (set if code == SET else frozenset)(_distinct(_expect(list, _decode(body))))
        case 3:  # ARRAY
            return _array_from(*_expect(list, _decode(body)))
        case 4:  # COMPLEX
            return complex(*struct.unpack("<dd", body))
        case 5:  # INTEGER
            if not re.fullmatch(rb"-?[0-9]{1,4000}", body):
                raise BadFrame("not an integer")
            return int(body)
        case 6:  # HANDLE
            number, kind = _expect(list, _decode(body))
            return Reference(_expect(int, number), _expect(str, kind)[:100])
        case 7:  # TENSOR
            dtype, requires_grad, array = _expect(list, _decode(body))
            return Tensor(_expect(np.ndarray, array), _expect(str, dtype)[:20], _expect(bool, requires_grad))
    raise BadFrame(f"unknown extension type {code}")


def _expect(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise BadFrame(f"expected {kind.__name__}, got {type(value).__name__}")
    return value


def _array_from(name: object, shape: object, data: object) -> Array:
    code = _expect(str, name)
    if not ARRAY_DTYPE.fullmatch(code):
        raise BadFrame(f"array dtype {code[:20]!r} is not allowed")
    dtype, sizes, content = np.dtype(code), _expect(list, shape), _expect(bytes, data)
    if len(sizes) > 64 or any(type(n) is not int or n < 0 for n in sizes):
        raise BadFrame("array shape is not a list of sizes")
    if math.prod(sizes) * dtype.itemsize != len(content):
        raise BadFrame("array data does not fill its shape")
    if dtype.kind == "b" and (np.frombuffer(content, np.uint8) > 1).any():
        raise BadFrame("a bool that is neither 0 nor 1")
    array: Array = np.frombuffer(content, dtype).reshape(sizes).astype(dtype.newbyteorder("="), copy=True)
    return array
