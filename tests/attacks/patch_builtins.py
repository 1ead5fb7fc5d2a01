"""Replace built-ins and exception classes that a grader in the same process would rely on."""

CELL = '''
import builtins
kept = {name: getattr(builtins, name) for name in ("setattr", "print")}

class Quiet(BaseException):
    pass

builtins.AssertionError = Quiet
builtins.isinstance = lambda *args: True
builtins.all = lambda *args: True
builtins.abs = lambda *args: 0
builtins.len = lambda *args: 3
builtins.repr = lambda *args: "passed"
builtins.__build_class__ = None
builtins.type = lambda *args: str
builtins.open = None
builtins.getattr = lambda *args: None
'''
TELLS = "failed|could not|stopped|expected"
