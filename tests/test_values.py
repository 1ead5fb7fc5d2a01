"""Plain values: what crosses the pipe comes out as it went in, and bytes from elsewhere never do harm."""

import collections
import enum
import math
import struct
import time
import tracemalloc

import msgpack
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder import values
from autograder.values import BadFrame, NotPlain, Reference, Tensor, native, pack, plain, unpack

quick = settings(max_examples=60, deadline=None, derandomize=True)


def alike(a: object, b: object) -> bool:
    """Exactly the same type, value, dtype and byte order, NaN equal to NaN, -0.0 unlike 0.0. Written apart from checks.same."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return (a.dtype, a.shape) == (b.dtype, b.shape) and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, complex):
        return alike(a.real, b.real) and alike(a.imag, b.imag)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return alike(list(a), list(b)) and alike(list(a.values()), list(b.values()))
    if isinstance(a, Tensor):
        return (a.dtype, a.requires_grad) == (b.dtype, b.requires_grad) and alike(a.data, b.data)
    return a == b


keys = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=4)
atoms = keys | st.floats() | st.complex_numbers() | st.integers(-10**3000, 10**3000)
plain_values = st.recursive(atoms, lambda inner: (
    st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    | st.sets(keys, max_size=4)), max_leaves=12)

DTYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16"]


def arrays() -> st.SearchStrategy[np.ndarray]:
    """Arrays of every allowed dtype and either byte order: empty, 0-d, in Fortran order, with negative and wide strides."""
    def build(dtype: str, order: str, shape: tuple, seed: int, layout: str) -> np.ndarray:
        numbers = np.random.default_rng(seed).integers(0, 100, size=shape)
        array = np.asarray(numbers.astype(dtype)).astype(np.dtype(dtype).newbyteorder(order))
        if layout == "fortran":
            return np.asfortranarray(array)
        if layout == "strided" and array.ndim:
            return np.repeat(array, 2, axis=0)[::-2]
        return array.T if layout == "transposed" else array

    return st.builds(build, st.sampled_from(DTYPES), st.sampled_from("<>"),
                     st.lists(st.integers(0, 4), max_size=3).map(tuple), st.integers(0, 99),
                     st.sampled_from(["c", "fortran", "strided", "transposed"]))


# --- there and back ---------------------------------------------------------------------------------------------------

@quick
@given(plain_values)
@example([1, True, 1.0, -0.0, math.nan, -math.inf, 2**64, -2**63 - 1, "", b"", (), [], {}, set(), frozenset(), (None,)])
@example({(): {"": [()]}, frozenset({1}): 0, None: 1, b"x": 2, ("a", ("b",)): 3})
@example("\ud800 half a surrogate pair")
def test_plain_values_come_back_as_they_were(value):
    assert alike(unpack(pack(value)), value)
    assert alike(plain(value), value)


@quick
@given(arrays())
def test_arrays_come_back_in_native_c_order(array):
    for back in (unpack(pack(array)), plain(array)):
        assert type(back) is np.ndarray and back.dtype.isnative and back.flags.c_contiguous and back.flags.writeable
        assert back.dtype == array.dtype.newbyteorder("=") and back.shape == array.shape
        assert np.array_equal(back, array)
    assert back.base is not array and not np.shares_memory(back, array)


def test_special_numbers_inside_arrays():
    array = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    assert unpack(pack(array)).tobytes() == array.tobytes()


def test_many_dimensions_and_size_zero():
    for shape in [(1,) * 40, (0, 3), (3, 0), (0,), ()]:
        assert unpack(pack(np.zeros(shape))).shape == shape


Point = collections.namedtuple("Point", "x y")
Colour = enum.Enum("Colour", {"RED": "red"}, type=str)


class Contrary(int):
    """An int whose conversions lie."""

    def __int__(self) -> int:
        return 99

    __index__ = __int__

    def __str__(self) -> str:
        return "99"


class OwnArray(np.ndarray):
    pass


class OwnList(list):
    def __iter__(self):
        return iter(["a lie"])


@pytest.mark.parametrize(("value", "want"), [
    (collections.Counter("aab"), {"a": 2, "b": 1}),
    (collections.defaultdict(int, {1: 2}), {1: 2}),
    (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    (enum.IntEnum("Size", {"S": 3}).S, 3),
    (Colour.RED, "red"),
    (Contrary(5), 5),
    (True, True),
    (Point(1, 2.5), (1, 2.5)),
    (OwnList([1, 2]), [1, 2]),
    (np.float32(0.5), 0.5),
    (np.float64(0.5), 0.5),
    (np.longdouble(0.5), 0.5),
    (np.clongdouble(1 + 2j), 1 + 2j),
    (np.int8(-3), -3),
    (np.uint64(2**64 - 1), 2**64 - 1),
    (np.bool_(True), True),
    (np.complex64(1j), 1j),
    (np.str_("word"), "word"),
    (np.bytes_(b"word"), b"word"),
    ([np.int64(1), {np.str_("k"): np.float32(2)}], [1, {"k": 2.0}]),
    (np.array([[1, 2]]).view(np.matrix), np.array([[1, 2]])),
    (np.arange(3.0).view(OwnArray), np.arange(3.0)),
    (np.ma.masked_array([1, 2], [False, True]), np.array([1, 2])),
    (np.zeros((), ">f4"), np.zeros((), "f4")),
], ids=lambda value: type(value).__name__)
def test_subclasses_are_reduced_to_the_value_they_hold(value, want):
    assert alike(plain(value), want)
    assert alike(unpack(pack(value)), want)


def test_the_copy_shares_nothing():
    inner = [1]
    array = np.zeros(2)
    copy = plain({"a": inner, "b": array})
    copy["a"].append(2)
    copy["b"][0] = 1
    assert inner == [1] and array[0] == 0


def test_references_and_tensors_by_value():
    assert unpack(pack([Reference(7, "Model")])) == [Reference(7, "Model")]
    tensor = Tensor(np.arange(6.0).reshape(2, 3), "bfloat16", True)
    assert alike(unpack(pack({"t": tensor})), {"t": tensor})


def test_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    for tensor in [torch.arange(6).reshape(2, 3), torch.zeros(0, 2), torch.tensor(1.5, requires_grad=True),
                   torch.ones(3, dtype=torch.bfloat16), torch.ones(2, dtype=torch.float16), torch.tensor([True, False]),
                   torch.tensor([1 + 2j]).conj(), torch.arange(6).reshape(2, 3).T, torch.nn.Parameter(torch.ones(2))]:
        sent = unpack(pack([tensor]))[0]
        assert type(sent) is Tensor
        assert sent.shape == tuple(tensor.shape) and f"torch.{sent.dtype}" == str(tensor.dtype)
        back = native(sent)
        assert back.dtype == tensor.dtype and back.requires_grad == tensor.requires_grad and torch.equal(back, tensor)
    with pytest.raises(NotPlain, match="sparse"):
        plain(torch.eye(2).to_sparse())


def test_native_leaves_everything_else_alone():
    value = {"a": [1, (2.0, "x")], "b": None}
    assert alike(native(value), value)


def test_arrays_stand_in_the_place_of_tensors_wherever_these_are():
    """What a process without torch compares."""
    data = np.arange(3.0)
    tensor = Tensor(data, "float32")
    assert values.arrays(tensor) is data
    value = {"a": [tensor, 1], ("b",): (tensor, {"c": tensor}), "d": None, "e": [1, "x"], "f": {1}}
    assert alike(values.arrays(value), {"a": [data, 1], ("b",): (data, {"c": data}), "d": None, "e": [1, "x"], "f": {1}})


@pytest.mark.parametrize(("value", "words"), [
    ((n for n in ()), "a generator (wrap it in list(...) to return its items)"), (lambda: 0, "a function"),
    (..., "an ellipsis (...)"), (map(str, ()), "a map object (wrap it in list(...))"),
    (zip(), "a zip object (wrap it in list(...))"),
    ({}.keys(), "dictionary keys (wrap them in list(...))"), ({}.values(), "dictionary values (wrap them in list(...))"),
    (range(3), "a range (wrap it in list(...))"), (Colour.RED, "an object of type Colour"), (1, "an object of type int"),
])
def test_types_in_words(value, words):
    assert values.describe_type(value) == words


# --- what is not plain ------------------------------------------------------------------------------------------------

def nested(levels: int, kind=list) -> object:
    value: object = kind()
    for _ in range(levels):
        value = kind([value])
    return value


def self_referencing() -> list:
    value: list = []
    value += [value] * 10
    return value


def shared() -> list:
    """35 levels, but 2^35 items when written out."""
    value: list = [1]
    for _ in range(35):
        value = [value, value]
    return value


@pytest.mark.parametrize(("value", "words"), [
    ((n for n in range(3)), "generator"),
    (len, "builtin_function"),
    (lambda: 0, "a function"),
    (..., "ellipsis"),
    (range(3), r"range \(wrap it in list"),
    (map(str, []), r"wrap it in list"),
    ({}.keys(), "wrap them in list"),
    (object(), "an object of type object"),
    (np.array([None]), "dtype object"),
    (np.array(["a"]), "dtype <U1"),
    (np.array(["2026"], "M8[D]"), "datetime64"),
    (np.zeros(1, [("a", "i4")]), "dtype"),
    (np.void(b"xx"), "dtype"),
    (np.datetime64("2026"), "datetime64"),
    ([1, {"a": (2, object())}], "object"),
    ({Reference: 1}, "type"),
    (nested(60), "40 levels"),
    (nested(60, tuple), "40 levels"),
    (self_referencing(), "nested|items"),
    (shared(), "items"),
    (1 << 20_000, "20,001 bits"),
    (b"x" * (values.MAX_FRAME + 1), "64 MB"),
], ids=lambda value: value if isinstance(value, str) else type(value).__name__)
def test_anything_else_is_refused_by_its_type(value, words):
    started = time.process_time()
    with pytest.raises(NotPlain, match=words):
        pack(value)
    assert time.process_time() - started < 5


def test_a_dictionary_key_that_reduces_to_something_unhashable():
    class Key(list):
        __hash__ = object.__hash__

    with pytest.raises(NotPlain, match="as a key"):
        plain({Key(): 1})
    with pytest.raises(NotPlain, match="as a key"):
        plain({Key()})


# --- right up to a limit, and one beyond it --------------------------------------------------------------------------

def test_forty_levels_are_allowed_and_no_more():
    for kind in (list, tuple):
        assert alike(unpack(pack([1, "call", {"args": [nested(37, kind)]}])), [1, "call", {"args": [nested(37, kind)]}])
        assert alike(unpack(pack(nested(40, kind))), nested(40, kind))
        with pytest.raises(NotPlain, match="more than 40 levels"):
            plain(nested(41, kind))


def test_whole_numbers_of_13000_bits_and_no_more():
    most = (1 << 13_000) - 1
    assert unpack(pack([most, -most])) == [most, -most]
    for number in (1 << 13_000, -1 << 13_000):
        with pytest.raises(NotPlain, match=r"13,001 bits \(at most 13,000\)"):
            plain(number)
    assert unpack(extension(values.INTEGER, b"-" + b"9" * 4000)) == -int("9" * 4000)
    with pytest.raises(BadFrame, match="not an integer"):
        unpack(extension(values.INTEGER, b"9" * 4001))


def test_a_long_list_is_looked_at_like_its_items():
    number = 2**13_001
    for flat in ([1, 2.5, "a", None, True, b"", 1j], (1, 2**12_999), [], ()):
        assert plain(flat) == flat and plain([flat, flat]) == [flat, flat]
        assert type(flat) is tuple or plain(flat) is not flat
    for value in ([number], (1, "a", number), [-number, 0], [[1], [number]]):
        with pytest.raises(NotPlain, match="bits"):
            plain(value)
    assert [type(v) for v in plain([np.float64(1), np.int8(2), True])] == [float, int, bool]


def test_a_million_items_and_no_more():
    most = [None] * 999_999  # and the list itself
    assert unpack(pack(most)) == most
    with pytest.raises(NotPlain, match="more than 1,000,000 items"):
        plain([*most, None])
    with pytest.raises(BadFrame, match="more than 1,000,000 items"):
        unpack(b"\xdd" + (10**6).to_bytes(4, "big") + b"\xc0" * 10**6)
    with pytest.raises(NotPlain, match=r"cannot be sent \(more than 1,000,000 items\)"):
        pack([()] * 600_000)  # a tuple is two items on the way: itself and its list


def test_a_frame_of_64_mb_and_no_more():
    most = b"x" * (64 * 2**20 - 5)  # and five bytes that say how many
    assert len(pack(most)) == 64 * 2**20 and unpack(pack(most)) == most
    with pytest.raises(NotPlain, match=r"64 MB \(at most 64 MB\)"):
        pack(most + b"x")
    with pytest.raises(BadFrame, match=f"{64 * 2**20 + 1} bytes, at most {64 * 2**20}"):
        unpack(bytes(64 * 2**20 + 1))


def test_an_array_that_would_fill_the_memory_when_copied():
    with pytest.raises(NotPlain, match=r"cannot be sent \((MemoryError|_ArrayMemoryError)\)"):
        pack(np.broadcast_to(0.0, (10**7, 10**9)))


def test_a_hundred_open_levels_and_no_more():
    assert unpack(b"\x91" * 100 + b"\xc0") == nested_in_lists(None, 100)
    with pytest.raises(BadFrame, match="nested too deep"):
        unpack(b"\x91" * 101 + b"\xc0")


def nested_in_lists(value: object, levels: int) -> object:
    for _ in range(levels):
        value = [value]
    return value


def test_a_hundred_keys_of_one_hash_and_no_more():
    for kind in (dict.fromkeys, set, frozenset):
        few = kind([*colliding(100), *range(5)])
        assert unpack(values._encode(few)) == few
        with pytest.raises(BadFrame, match="collide"):
            unpack(values._encode(kind(colliding(101))))


def test_sixty_four_dimensions_and_no_more():
    assert unpack(extension(values.ARRAY, ["<f8", [1] * 64, bytes(8)])).ndim == 64
    with pytest.raises(BadFrame, match="not a list of sizes"):
        unpack(extension(values.ARRAY, ["<f8", [1] * 65, bytes(8)]))


def test_names_from_the_other_side_are_cut():
    assert unpack(extension(values.HANDLE, [1, "x" * 150])) == Reference(1, "x" * 100)
    array = msgpack.ExtType(values.ARRAY, msgpack.packb(["|i1", [1], b"7"]))
    tensor = unpack(extension(values.TENSOR, ["y" * 30, True, array]))
    assert (tensor.dtype, tensor.requires_grad, tensor.data.tolist()) == ("y" * 20, True, [55])


@pytest.mark.parametrize("number", sorted({sign * (2**bits + step) for sign in (1, -1) for step in (-1, 0, 1)
                                           for bits in (0, 5, 7, 8, 15, 16, 31, 32, 63, 64)}))
def test_whole_numbers_around_every_size_that_the_format_has(number):
    assert alike(unpack(pack([number])), [number])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 256, 257, 65_535, 65_536])
def test_lengths_around_every_size_that_the_format_has(size):
    items = list(range(size))
    for value in ("x" * size, b"x" * size, items, tuple(items), dict.fromkeys(items, 0), set(items), np.zeros(size, "u1")):
        assert alike(unpack(pack([value, 1])), [value, 1])


def test_a_short_float_which_pack_never_sends_is_read_all_the_same():
    assert unpack(b"\x92\xca" + struct.pack(">f", 1.5) + b"\xc3") == [1.5, True]


# --- bytes from the other side ----------------------------------------------------------------------------------------

EXACT = (type(None), bool, int, float, complex, str, bytes, Reference)


def is_plain(value: object) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return type(value) in (list, tuple, set, frozenset) and all(map(is_plain, value))
    if isinstance(value, dict):
        return type(value) is dict and all(is_plain(k) and is_plain(v) for k, v in value.items())
    if isinstance(value, np.ndarray):
        return type(value) is np.ndarray and value.dtype.kind in "biufc"
    return type(value) in EXACT or (type(value) is Tensor and is_plain(value.data))


def unpacks_or_refuses(data: bytes) -> None:
    try:
        value = unpack(data)
    except BadFrame:
        return
    assert is_plain(value)


@settings(quick, max_examples=300)
@given(st.binary(max_size=60))
@example(b"")
@example(b"\xc1")
@example(b"\xd6\xff\x00\x00\x00\x01")  # msgpack's own timestamp
@example(b"\xc7\x0c\xff" + bytes(12))
def test_arbitrary_bytes(data):
    unpacks_or_refuses(data)


@settings(quick, max_examples=150)
@given(plain_values | arrays(), st.data())
def test_mutated_frames(value, data):
    frame = bytearray(pack([3, "value", value]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        match data.draw(st.sampled_from(["flip", "delete", "insert", "cut"])):
            case "flip":
                frame[at] = data.draw(st.integers(0, 255))
            case "delete" if len(frame) > 1:
                del frame[at]
            case "insert":
                frame[at:at] = data.draw(st.binary(min_size=1, max_size=5))
            case "cut":
                del frame[at + 1:]
    unpacks_or_refuses(bytes(frame))


@settings(quick, max_examples=40)
@given(plain_values)
def test_every_proper_prefix_and_every_extension_is_refused(value):
    frame = pack(value)
    for end in {0, len(frame) // 2, len(frame) - 1}:
        with pytest.raises(BadFrame, match=r"message is cut short|extension does not fill its length|unknown extension type 0"):
            unpack(frame[:end])
    with pytest.raises(BadFrame, match="has bytes after its end"):
        unpack(frame + b"\xc0")


def extension(code: int, value: object) -> bytes:
    body = value if isinstance(value, bytes) else msgpack.packb(value)
    return msgpack.packb(msgpack.ExtType(code, body))


@pytest.mark.parametrize(("dtype", "shape", "data"), [
    ("<f8", [2], bytes(8)),  # too few bytes
    ("<f8", [1], bytes(16)),
    ("<f8", [], bytes(0)),
    ("<f8", [-1], bytes(8)),
    ("<f8", [-1, -1], bytes(8)),
    ("<f8", [True], bytes(8)),
    ("<f8", [1.0], bytes(8)),
    ("<f8", ["1"], bytes(8)),
    ("<f8", 1, bytes(8)),
    ("<f8", {1: 1}, bytes(8)),
    ("<f8", [1] * 65, bytes(8)),
    ("<f8", [2**63], bytes(8)),
    ("<f8", [2**62, 2**62], bytes(8)),
    ("<f8", [0, 2**63], b""),
    ("<f8", [1], "text"),
    ("<f8", [1], [0] * 8),
    ("O", [1], bytes(8)),
    ("|O", [1], bytes(8)),
    ("|V8", [1], bytes(8)),
    ("V8", [1], bytes(8)),
    ("<M8[s]", [1], bytes(8)),
    ("M8", [1], bytes(8)),
    ("<m8", [1], bytes(8)),
    ("<U2", [1], bytes(8)),
    ("|S8", [1], bytes(8)),
    ("f8,f8", [1], bytes(16)),
    ("f8, (", [1], bytes(8)),  # np.dtype raises a SyntaxError for it
    ("(2,)f8", [1], bytes(16)),
    ("float64", [1], bytes(8)),
    ("<c32", [1], bytes(32)),
    ("<f3", [1], bytes(3)),
    (">f8", [1], bytes(8)),
    ("", [1], bytes(8)),
    ("<f8\n", [1], bytes(8)),
    (None, [1], bytes(8)),
    (b"<f8", [1], bytes(8)),
    (["<f8"], [1], bytes(8)),
    ("|b1", [1], b"\x02"),  # a bool that equals neither True nor False
])
def test_forged_array_headers(dtype, shape, data):
    with pytest.raises(BadFrame, match=r"^(array (dtype|shape|data) .*|expected (str|list|bytes), got .*|a bool .*"
                                       r"|malformed message: ValueError)$"):
        unpack(extension(values.ARRAY, [dtype, shape, data]))


def test_the_honest_array_header_beside_the_forged_ones():
    assert unpack(extension(values.ARRAY, ["<f8", [1], bytes(8)])).tolist() == [0.0]


@pytest.mark.parametrize("frame", [
    extension(values.TUPLE, {"a": 1}),
    extension(values.TUPLE, 3),
    extension(values.TUPLE, b""),
    extension(values.SET, [[1]]),
    extension(values.FROZENSET, [{}]),
    extension(values.COMPLEX, bytes(15)),
    extension(values.INTEGER, b""),
    extension(values.INTEGER, b"1_000"),
    extension(values.INTEGER, b" 1"),
    extension(values.INTEGER, "٣".encode()),
    extension(values.INTEGER, b"9" * 5000),
    extension(values.HANDLE, [1]),
    extension(values.HANDLE, ["1", "Model"]),
    extension(values.HANDLE, [True, "Model"]),
    extension(values.TENSOR, ["float32", False, [1.0]]),
    extension(values.ARRAY, ["<f8", [1]]),
    extension(values.ARRAY, "abc"),
    extension(42, b"x"),
    extension(0, b"x"),
    b"\x81\x90\xc0",  # a list as a key
    b"\x81\x80\xc0",  # a dictionary as a key
    b"\x81" + extension(values.ARRAY, ["<f8", [1], bytes(8)]) + b"\xc0",  # an array as a key
    b"\xa2\xff\xff",  # not UTF-8
], ids=lambda frame: frame[:12].hex())
def test_forged_values(frame):
    with pytest.raises(BadFrame, match=r"^(expected .*, got .*|malformed message: .*|unknown extension type .*|not an integer"
                                       r"|message .*|extension does not fill its length)$"):
        unpack(frame)


BOMBS = {
    "a list of 4 billion": b"\xdd" + b"\xff" * 4,
    "a dictionary of 4 billion": b"\xdf" + b"\xff" * 4,
    "bytes of 4 GB": b"\xc6" + b"\xff" * 4,
    "a string of 4 GB": b"\xdb" + b"\xff" * 4,
    "an extension of 4 GB": b"\xc9" + b"\xff" * 4 + b"\x01",
    "lists that each announce all that is left": b"\xdd\x00\x00\xf0\x00" * 90 + b"\xc0" * 0xf000,
    "lists 100,000 deep": b"\x91" * 100_000 + b"\xc0",
    "dictionaries 100,000 deep": b"\x81\xc0" * 100_000 + b"\xc0",
    "an array of 8 EB": extension(values.ARRAY, ["<f8", [2**60], b""]),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_neither_memory_nor_time(name):
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(BadFrame, match=r"cut short|items|deep|data does not fill|does not fill its length"):
            unpack(BOMBS[name])
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 3


def test_a_million_empty_lists():
    """2 MB on the wire, 150 MB in memory."""
    with pytest.raises(BadFrame, match="items"):
        unpack(b"\xdd\x00\x1f\xff\xff" + b"\x90" * 0x1fffff)


def test_tuples_nested_too_deep():
    frame = b"\xc0"
    for _ in range(200):
        frame = extension(values.TUPLE, b"\x91" + frame)
    with pytest.raises(BadFrame, match="deep"):
        unpack(frame)


def test_a_message_too_long_is_not_looked_at():
    with pytest.raises(BadFrame, match="at most"):
        unpack(bytes(values.MAX_FRAME + 1))


def colliding(n: int) -> list[tuple]:
    """Tuples with one hash: hash(-1) == hash(-2)."""
    return [tuple(-1 - (i >> bit & 1) for bit in range(17)) for i in range(n)]


def test_keys_that_collide():
    """2,000 such keys take a moment, 130,000 an hour; Python does not salt the hash of ints and tuples."""
    keys_ = colliding(2000)
    assert len(set(map(hash, keys_))) == 1
    big = [k * (2**61 - 1) for k in range(1, 2001)]
    for frame in [values._encode(dict.fromkeys(keys_)), values._encode(set(keys_)), values._encode(frozenset(big)),
                  values._encode(dict.fromkeys(big))]:
        with pytest.raises(BadFrame, match="collide"):
            unpack(frame)


def test_ordinary_keys_do_not_count_as_colliding():
    grams = {(f"w{i % 97}", f"w{i % 89}", -i % 7): i for i in range(20_000)}
    assert unpack(pack(grams)) == grams
    negative = {(i, j): 0 for i in range(-50, 50) for j in range(-50, 50)}
    assert unpack(pack(negative)) == negative


def test_reading_a_frame_runs_nothing():
    """No pickle, no module name, no code object has a meaning here."""
    import pickle

    for data in [pickle.dumps(print), pickle.dumps([1, 2]), b"cos\nsystem\n(S'true'\ntR."]:
        unpacks_or_refuses(data)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "int64", "int8", "bool", "complex64"])
def test_a_tensor_holds_what_torch_holds(dtype):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    data = np.concatenate([np.random.default_rng(1).normal(size=500) * 10.0 ** np.arange(-5, 5).repeat(50),
                           [0.0, -0.0, 1.00390625, 1.01171875, -100.5]])
    data = data.clip(-100, 100) if dtype in ("int64", "int8", "bool") else np.append(data, [np.nan, np.inf, -np.inf])
    theirs = torch.from_numpy(data).to(getattr(torch, dtype))
    want = theirs.float().numpy() if dtype == "bfloat16" else theirs.numpy()
    np.testing.assert_array_equal(Tensor(data, dtype).held, want)
