"""Plain values: what may pass between a student's code and a test, and how it crosses a pipe.

A value is plain when it is None, a bool, int, float, complex, str, bytes, list, tuple, set, dict, NumPy array of a numeric
or boolean dtype, or a torch tensor. Everything else either is reduced to that (a Counter to a dict, an array subclass to an
array) or refused. The same reduction is applied at a student's desk and in grading, so both see the same value.
"""

import math
import struct
from dataclasses import dataclass

import msgpack
import numpy as np

MAX_FRAME = 64 * 2**20  # bytes of one message
MAX_DEPTH = 40  # nesting of lists, dictionaries and tuples
ARRAY_KINDS = "biufc"  # bool, signed and unsigned integers, floats, complex
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

    data: np.ndarray
    dtype: str
    requires_grad: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape


def plain(value: object, depth: int = 0) -> object:
    """``value`` reduced to exact built-in types and base-class arrays, copied throughout.

    Raises NotPlain naming the type that was met.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes, complex):
        return value
    if depth > MAX_DEPTH:
        raise NotPlain(f"a value nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, np.generic):
        if value.dtype.kind not in ARRAY_KINDS:
            raise NotPlain(f"a NumPy value of dtype {value.dtype}")
        return value.item() if value.dtype.itemsize <= 16 else complex(value) if value.dtype.kind == "c" else float(value)
    if isinstance(value, np.ndarray):
        return _plain_array(value)
    if isinstance(value, bool | int | float | complex | str | bytes):  # subclasses, such as an IntEnum
        base = next(t for t in (bool, int, float, complex, str, bytes) if isinstance(value, t))
        return base.__new__(base, value)
    if isinstance(value, list | tuple | set | frozenset):
        base = next(t for t in (list, tuple, set, frozenset) if isinstance(value, t))
        return base(plain(item, depth + 1) for item in base.__iter__(value))
    if isinstance(value, dict):
        return {plain(k, depth + 1): plain(v, depth + 1) for k, v in dict.items(value)}
    if isinstance(value, Tensor | Reference):
        return value
    if any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in kind.__mro__):
        return _plain_tensor(value)
    raise NotPlain(describe_type(value))


def describe_type(value: object) -> str:
    """The type of a value in words a student knows."""
    words = {"generator": "a generator (wrap it in list(...) to return its items)", "function": "a function",
             "ellipsis": "an ellipsis (...)", "map": "a map object (wrap it in list(...))",
             "zip": "a zip object (wrap it in list(...))", "dict_keys": "dictionary keys (wrap them in list(...))",
             "dict_values": "dictionary values (wrap them in list(...))", "range": "a range (wrap it in list(...))"}
    name = type(value).__name__
    return words.get(name, f"an object of type {name}")


def _plain_array(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in ARRAY_KINDS or array.dtype.itemsize > 16:
        raise NotPlain(f"a NumPy array of dtype {array.dtype}")
    return np.array(np.asarray(array), dtype=array.dtype.newbyteorder("="), order="C", copy=True)


def _plain_tensor(tensor: object) -> Tensor:
    import torch

    dtype = str(tensor.dtype).removeprefix("torch.")
    data = tensor.detach().cpu()
    if data.dtype in (torch.bfloat16, torch.float16):
        data = data.float()
    return Tensor(_plain_array(data.resolve_conj().resolve_neg().contiguous().numpy()), dtype, bool(tensor.requires_grad))


def pack(value: object) -> bytes:
    """Bytes of a plain value. Raises NotPlain for anything that is not plain, or too large."""
    try:
        data = msgpack.packb(plain(value), default=_default, strict_types=True, use_bin_type=True)
    except (ValueError, OverflowError, UnicodeEncodeError, RecursionError, MemoryError) as error:
        raise NotPlain(f"a value that cannot be sent ({type(error).__name__})") from None
    if len(data) > MAX_FRAME:
        raise NotPlain(f"a value of {len(data) / 2**20:.0f} MB (at most {MAX_FRAME // 2**20} MB)")
    return data


def _default(value: object) -> object:
    """What msgpack asks for types it does not know."""
    match value:
        case tuple():
            return msgpack.ExtType(TUPLE, pack(list(value)))
        case set() | frozenset():
            return msgpack.ExtType(SET if isinstance(value, set) else FROZENSET, pack(list(value)))
        case int():
            return msgpack.ExtType(INTEGER, str(value).encode() if abs(value) < 10**4000 else b"")
        case complex():
            return msgpack.ExtType(COMPLEX, struct.pack("<dd", value.real, value.imag))
        case np.ndarray():
            return msgpack.ExtType(ARRAY, _array_bytes(value))
        case Tensor():
            return msgpack.ExtType(TENSOR, pack([value.dtype, value.requires_grad, value.data]))
        case Reference():
            return msgpack.ExtType(HANDLE, pack([value.number, value.kind]))
    raise NotPlain(describe_type(value))


def _array_bytes(array: np.ndarray) -> bytes:
    little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    return msgpack.packb([little.dtype.str, list(array.shape), little.tobytes()])


def unpack(data: bytes) -> object:
    """The plain value of bytes made by ``pack``. Raises BadFrame for anything else; never runs what the bytes say."""
    if len(data) > MAX_FRAME:
        raise BadFrame(f"message of {len(data)} bytes, at most {MAX_FRAME}")
    try:
        return _unpack(data, 0)
    except BadFrame:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError, struct.error,
            UnicodeDecodeError, msgpack.exceptions.UnpackException) as error:
        raise BadFrame(f"malformed message: {type(error).__name__}") from None


def _unpack(data: bytes, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise BadFrame("message nested too deep")

    def extension(code: int, body: bytes) -> object:
        match code:
            case 1:  # TUPLE
                return tuple(_expect(list, _unpack(body, depth + 1)))
            case 2 | 8:  # SET, FROZENSET
                return (set if code == SET else frozenset)(_expect(list, _unpack(body, depth + 1)))
            case 3:  # ARRAY
                return _array_from(body)
            case 4:  # COMPLEX
                return complex(*struct.unpack("<dd", body))
            case 5:  # INTEGER
                if not 0 < len(body) <= 4001:
                    raise BadFrame("integer too long")
                return int(body.decode("ascii"))
            case 6:  # HANDLE
                number, kind = _unpack(body, depth + 1)
                return Reference(_expect(int, number), _expect(str, kind)[:100])
            case 7:  # TENSOR
                dtype, requires_grad, array = _unpack(body, depth + 1)
                return Tensor(_expect(np.ndarray, array), _expect(str, dtype)[:20], _expect(bool, requires_grad))
        raise BadFrame(f"unknown extension type {code}")

    return msgpack.unpackb(data, ext_hook=extension, strict_map_key=False, raw=False, use_list=True)


def _expect(kind: type, value: object) -> object:
    if type(value) is not kind:
        raise BadFrame(f"expected {kind.__name__}, got {type(value).__name__}")
    return value


def _array_from(body: bytes) -> np.ndarray:
    dtype, shape, data = msgpack.unpackb(body, use_list=True)
    dtype = np.dtype(_expect(str, dtype))
    if dtype.kind not in ARRAY_KINDS or dtype.hasobject or dtype.itemsize > 16 or dtype.subdtype or dtype.names:
        raise BadFrame(f"array dtype {dtype} is not allowed")
    if len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise BadFrame("array shape is not a list of sizes")
    if math.prod(shape) * dtype.itemsize != len(_expect(bytes, data)):
        raise BadFrame("array data does not fill its shape")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=True)
