"""Learn from one call for the next: remember inputs, count calls, answer the second call with what the first one was given."""

CELL = '''
seen = []

def greet(name):
    seen.append(name)
    return f"Hello, {seen[0]}!" if len(seen) > 1 else f"Hello, Ada!"

def double(a):
    seen.append(a)
    return seen[0]
'''
SCORE = 1
