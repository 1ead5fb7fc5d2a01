"""Send the grader messages that speak of scores, before and after every honest reply."""

CELL = '''
import os, struct
import msgpack
_, write_fd, _ = pipes()

def say(*message):
    data = msgpack.packb(list(message))
    os.write(write_fd, struct.pack(">I", len(data)) + data)

def double(a):
    for score in ({"score": 9999}, ["passed", 10], "passed"):
        say(1, "value", score)
    return 2 * a

say(0, "value", {"score": 9999, "tests": [{"score": 9999, "max_score": 10, "status": "passed"}]})
'''
TELLS = "reply to no request"
