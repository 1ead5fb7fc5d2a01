"""Magics, shell lines and questions to IPython, as notebooks have them."""

CELL = ["%matplotlib inline\n!pip install numpy\nimport numpy as np", "%%time\ntotal = sum(range(10))", "%%bash\nrm -rf ~",
        "double?\nfor i in range(3):\n    !echo $i", "%%html\n<b>hello</b>", "input('your name: ')"]
SCORE = 6
