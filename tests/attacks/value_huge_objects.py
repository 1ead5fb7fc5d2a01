"""Return numbers of a million digits, texts of a gigabyte, lists nested ten thousand deep, lists that contain themselves."""

CELL = '''
def double(a):
    if len(a) == 3:
        return 10**1_000_000
    nested = []
    for _ in range(10_000):
        nested = [nested]
    return nested

def greet(name):
    if name == "Ada":
        return "x" * 10**9
    loop = []
    loop.append(loop)
    return loop
pin = [[]] * 2_000_000
'''
SECONDS = 20
