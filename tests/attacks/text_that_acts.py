"""Put control characters, terminal escapes, HTML, scripts and bidirectional overrides into everything that is shown."""

CELL = r'''
evil = ("\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b(0 \x9b31m \x00\x07\x08\x7f \u202egnp.exe\u202c \u2066iso\u2069 "
        "\u200bzero\ufeff <script>alert(1)</script><img src=x onerror=alert(1)>"
        "<a href='javascript:1'>x</a> <!-- x --> <?php ?> \ud800 \U000e0041 &lt;b&gt;")

def double(a):
    raise type("E" + evil[:50], (Exception,), {})(evil)

def greet(name):
    return evil + name
raise ValueError(evil * 50)
'''
HIDES = ["\x1b", "<script", "<img", "<a ", "\u202e", "\u200b"]
