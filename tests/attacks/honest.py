"""No attack: right answers, so that a range on which everything fails would be noticed."""

CELL = '''
def double(a):
    return 2 * a

def greet(name):
    return f"Hello, {name}!"
'''
SCORE = 6
