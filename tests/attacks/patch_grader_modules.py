"""Patch the grader's own modules, found through the stand-ins, sys.modules and gc, so that checks pass or say nothing."""

CELL = '''
import gc, sys, types
import autograder, otter
grader = autograder.Notebook()
patched = []
for value in gc.get_objects():
    if isinstance(value, types.ModuleType) and value.__name__.startswith("autograder"):
        for name in list(vars(value)):
            if name in ("expect", "expect_value", "difference", "invoke", "same", "changed", "sanitise", "Failed"):
                setattr(value, name, lambda *args, **kwargs: None)
                patched.append(name)
grader.score = 9999
otter.score = 9999
attempt("the stand-in says nothing", lambda: grader.check("q1"))
'''
ATTEMPTS = {"the stand-in says nothing": "got None"}
