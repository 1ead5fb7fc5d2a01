"""Hand in a file whose name is a program for terminals, browsers and shells."""


def submit(folder, notebook):
    (folder / "\x1b[2J\u202e<script>alert(1)<\\script>$(touch pwned);.ipynb").write_text("no notebook")


TELLS = "does not hold JSON"
