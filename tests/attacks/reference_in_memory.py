"""Search the worker's own memory for tests, expected values and reference functions that the grader may have left there."""

CELL = '''
import gc, sys, types

def everything():
    seen, todo = set(), list(gc.get_objects())
    while todo and len(seen) < 10**6:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        if isinstance(value, (dict, list, tuple, types.FunctionType, types.ModuleType)):
            todo.extend(gc.get_referents(value))

def strings():
    backwards = ("(eulav_tcepxe", "esac_tset@", "tseug")
    return [s[:50] for s in everything() if isinstance(s, str) and any(w in s[::-1] for w in backwards)]

def modules():
    names = ("autograder.grade", "autograder.testfile", "autograder.session", "autograder.results", "autograder.submission",
             "autograder.misconceptions", "llmcourse.ngrams", "llmcourse.language_models")
    return [n for n in names if any(isinstance(v, types.ModuleType) and v.__name__.startswith(n) for v in gc.get_objects())]

def own_memory():
    with open("/proc/self/mem", "rb") as memory:
        return memory.read(1)

attempt("strings", strings)
attempt("modules", modules)
attempt("own memory as a file", own_memory)
'''
ATTEMPTS = {"strings": r"got \[\]", "modules": r"got \[\]",
            "own memory as a file": "PermissionError 13|FileNotFoundError 2|OSError.*"}
