"""Messages full of terminal escapes, HTML and text direction overrides."""

CELL = r'''
raise ValueError("\x1b[31mred\x1b[0m <script>alert(1)</script> <b>bold</b> \u202egnp.exe \x00\x07")
''', r'''
def double(a):
    raise KeyError("\x1b]0;title\x07 <img src=x onerror=alert(1)> \u2066")
'''
CELL = list(CELL)
SCORE = 3
TELLS = "stopped with ValueError: red ‹script>alert"
HIDES = ["\x1b", "<script", "<b>", "<img", "\u202e", "\u2066"]
