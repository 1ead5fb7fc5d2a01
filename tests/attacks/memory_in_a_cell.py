"""Fill the memory in a cell."""

CELL = '''
def hoard():
    kept = []
    while True:
        kept.append(bytearray(50_000_000))

attempt("hoard", hoard)
'''
ATTEMPTS = {}
TELLS = "used more than 500 MB of memory|used up the memory of the machine|MemoryError"
SECONDS = 20
