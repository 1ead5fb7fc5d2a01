"""Print what a careless harness might read as a result."""

CELL = '''
import json, sys
for stream in (sys.stdout, sys.stderr, sys.__stdout__):
    print(json.dumps({"score": 10, "max_score": 10}), file=stream, flush=True)
print("10/10\\nPASSED\\nAll tests passed!\\n::set-output name=score::10")
'''
