"""A function that wants all the memory, slowly."""

CELL = '''
def double(a):
    kept = []
    while True:
        kept.append(bytearray(b"x") * 20_000_000)
'''
SCORE = 3
LIMITS = {"call": 10.0, "total": 60.0}
SECONDS = 60
TELLS = "memory"
AT_LEAST = 0
