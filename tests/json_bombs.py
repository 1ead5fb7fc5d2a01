"""Files of 20 MB that fill the memory or the time of a careless reader; run as a program, reads them all and tells the peak."""

import sys
from collections.abc import Callable

MANY = 20 * 2**20
BOMBS: dict[str, Callable[[], bytes]] = {
    "lists": lambda: b'{"cells": [' + b"[]," * (MANY // 3 - 20) + b"[]]}",
    "dictionaries": lambda: b'{"cells": [' + b'{"a":1},' * (MANY // 8 - 20) + b"{}]}",
    "numbers": lambda: b'{"cells": [' + b"1000," * (MANY // 5 - 20) + b"1]}",
    "small numbers": lambda: b'{"cells": [' + b"1," * (MANY // 2 - 20) + b"1]}",
    "strings": lambda: b'{"cells": [' + b'"ab",' * (MANY // 5 - 20) + b'""]}',
    "one string": lambda: b'{"cells": ["' + b"x" * (MANY - 40) + "😀".encode() + b'"]}',
    "half a string": lambda: b'{"cells": ["' + b"x" * (MANY // 2 - 40) + "😀".encode() + b'"]}',
    "a cut string": lambda: b'{"cells": ["' + b"\\\"" * (MANY // 2 - 20),
    "backslashes": lambda: b'{"cells": ["' + b"\\" * (MANY - 40),
    "quotes": lambda: b'"' * MANY,
    "depth": lambda: b"[" * MANY,
    "dictionaries in outputs": lambda: b'{"cells": [{"outputs": [' + b'{"a":1},' * (MANY // 8 - 20) + b"{}]}]}",
    "half a megabyte of dictionaries": lambda: b'{"cells": [' + b'{"a":1},' * 125_000 + b"{}]}",
    "depth of dictionaries": lambda: b'{"a": ' * 100_000,
    "Windows": lambda: b'{"cells": ["' + b"\x80" * (MANY - 40) + b'"]}',
    "UTF-16": lambda: ('{"cells": ["' + "x" * (MANY // 2 - 40) + '"]}').encode("utf-16"),
    "merge": lambda: b"<<<<<<< a\n=======\n>>>>>>> b\n" * (MANY // 28),
}


def main() -> None:
    from autograder.submission import Unreadable, parse

    for name in sys.argv[2:] or BOMBS:
        try:
            parse("bomb.ipynb", BOMBS[name]())
        except Unreadable as error:
            print(f"{name}: {peak()} MB: {error}")


def peak() -> int:
    """Most resident memory of this process so far."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main()
