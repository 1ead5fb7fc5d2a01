"""Answer hidden tests like known mistakes do, so that a hint appears: it is the grader's own text and nothing else."""

CELL = '''
def double(a):
    return a * a

def greet(name):
    raise ValueError("Did you square instead of doubling? " + name)
'''
TELLS = r"(?s)Did you square instead of doubling\?.*Did you square instead of doubling\?"
