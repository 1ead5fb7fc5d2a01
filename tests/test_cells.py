"""Cells run as in Jupyter: compared with IPython itself, and what cannot be run while grading does nothing and says so."""

import asyncio
import builtins
import json
import linecache
import re
import subprocess
import sys
import types
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

import pytest
from IPython.core import getipython
from packaging.requirements import Requirement
from units import ROOT

from autograder.assign import requirements
from autograder.cells.code import Notebook
from autograder.cells.standins import Missing, Silenced, Silent
from autograder.checks import LINE, line_of
from autograder.isolation.library import NAMED, PACKAGES, TORCH, is_there
from autograder.session import Limits, Session

# Each is a notebook; afterwards all names with plain values must be what they are in IPython.
NOTEBOOKS = {
    "shell lines": [
        "!pip install -q nothing\nBOS, EOS = '<bos>', '<eos>'  # right marks?",
        "!pip install -q \\\n   one \\\n   two\nx = 1",
        "for i in range(3):\n    !echo $i\nif x:\n    !ls | wc -l\n    y = 2"],
    "text that looks like magics": [
        "%time 1\nprint('%d of %d'\n      % (1, 2))\nx = 7 \\\n  % 4",
        'y = """\n%time 2\n!ls\n  what?\n"""\n%time z = 3',
        "# is it?\n# %time\n!ls\nq = 'a?'\nr = (5\n     % 3)"],
    "output of the shell": [
        "files = !ls\nn = len(files)\nkind = type(files).__name__ != 'list'",
        "more = !!ls\nm = list(files.l) + files.grep('x')"],
    "timing": [
        "%time start = dict()\n%time start['a'] = 1", "x = %time 3 * 4", "%%time\ny = x + 1\ny * 2", "z = _ + 1",
        "def f():\n    a = 2\n    b = %time a + 5\n    return b\nw = f()",
        "%timeit -n 1 -r 1 v = 1\nu = 5", "%%timeit -n1 -r1\nu = 6",
        "res = %timeit -n1 -r1 -q -o sum(range(9))\nthere = res.average >= 0 and len(res.all_runs) == 1"],
    "capturing": [
        "%%capture out\nprint('hello')\nx = 1", "text, err, none = out.stdout, out.stderr, len(out.outputs)",
        "%%capture --no-stderr kept\nprint('b')\n1", "again = str(kept)", "%%capture\ny = 2"],
    "profiles": ["%prun -q -s time x = 5", "%%prun -q\ny = 6"],
    "awaiting": [
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x",
        "a = await f(3)", "b = [await f(i) for i in range(3)]\nawait f(9)", "c = _",
        "async def g():\n    for i in range(3):\n        yield i\nd = [i async for i in g()]",
        "e, h = await asyncio.gather(f(1), f(2))", "async with asyncio.Lock():\n    k = 1"],
    "history": [
        "3 * 4", "a = _ + Out[1] + _1", "'x'", "None", "b = [_, __, ___, _3]", "c, d, e = _i, _ii, _iii", "f = In[1]\ng = _i1",
        "7;", "h = _\ni = sorted(Out)"],
    "an underscore of one's own": ["5", "_ = 3", "8", "a = _", "for _ in range(2): pass", "9", "b = _"],
    "future imports": [
        "from __future__ import annotations\nimport math", "def f(x: no_such_name): return 2 * x",
        "a = f(2)\nb = f.__annotations__['x']"],
    "statements are compiled in turn": [
        "a = 1\nreturn 5\nb = 2", "c = 3\nfrom __future__ import annotations\nd = 4", "e = 1\nraise ValueError('x')\nf = 2",
        "g = (", "h = 1"],
    "indented and pasted": [
        "    x = 1\n    y = 2", ">>> z = 3\n>>> def f():\n...     return 4\n>>> w = f()", "In [5]: v = 6",
        "\n\n\n%%time\nu = 7"],
    "help": ["x = 1\nx?\n?x\nx??\nlen?\ny = 2", "?len\nz = 3"],
    "names": [
        "alpha, beta = 1, 'b'\nlist_of = %who_ls", "numbers = %who_ls int", "%xdel alpha\nleft = 'alpha' in globals()",
        "%reset -f\nonly = 'beta' in globals()", "one, two = 1, 2\n%reset_selective -f ^on\ngone = 'one' in globals()"],
    "environment": [
        "%env LLM_TRY=5\nimport os\nx = os.environ['LLM_TRY']\ny = %env LLM_TRY",
        "%set_env LLM_TRY=6\nz = os.environ.get('LLM_TRY')"],
    "left out percent signs": ["time x = 3", "xmode Plain", "pwd = 5", "pwd", "y = _"],
    "the shell's methods": [
        "ip = get_ipython()\nip.run_line_magic('time', 'a = 1')\nb = ip.run_cell_magic('time', '', 'c = 2')",
        "ip.ex('d = 4')\ne = ip.ev('d + 1')", "ip.push({'f': 6})\ndef g():\n    inside = 7\n    ip.push('inside')\ng()",
        "r = ip.run_cell('h = 8')\ni, j = r.success, r.error_in_exec is None",
        "k = ip.run_cell('1 / 0').success\nl = ip.user_ns['h']\nm = type(ip.execution_count) is int",
        "n = ip.find_line_magic('time') is None"],
    "magics of one's own": [
        "from IPython.core.magic import register_line_magic, register_cell_magic, register_line_cell_magic",
        "@register_line_magic\ndef twice(line):\n    return 2 * line\na = %twice ab",
        "@register_cell_magic\ndef count(line, cell):\n    return len(cell)", "%%count\nxyz", "b = _",
        "@register_line_cell_magic\ndef both(line, cell=None):\n    return cell or line\nc = %both x", "%%both\ny", "d = _",
        "get_ipython().register_magic_function(lambda line: 'me', magic_name='mine')\ne = %mine"],
    "classes of magics": [
        "from IPython.core.magic import Magics, magics_class, line_magic\n@magics_class\nclass M(Magics):\n    @line_magic\n"
        "    def shout(self, line):\n        return line.upper()", "get_ipython().register_magics(M)\na = %shout hey"],
    "functions can be read": [
        "def f(x):\n    # why\n    return x\nimport inspect\na = inspect.getsource(f)",
        "!ls\ndef g():\n    return 1\nb = inspect.getsource(g)", "c = inspect.getsource(f)"],
    "imports": [
        "import math, json\nfrom os.path import join as j, exists\nfrom math import *\nimport os.path\nimport xml.dom as xd\n"
        "a = math.pi + floor(2.5)\nb = j('a', 'b')\nc = os.path.sep\nd = xd.__name__",
        "try:\n    import no_such_module\nexcept ImportError:\n    e = 1",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import no_such_module",
        "f = 'no_such_module' in globals()",
        "def late():\n    import no_such_module", "try:\n    late()\nexcept ImportError as error:\n    g = str(error)",
        "if True:\n    import json as k\nh = k.loads('1')"],
}
ORACLE = '''
import io, json, sys, contextlib
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
PLAIN = (int, float, str, bool, list, tuple, dict)
out = {}
for name, cells in json.load(sys.stdin).items():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.system = lambda command: None
    shell.getoutput = lambda command, split=True, depth=0: SList()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for cell in cells:
            shell.run_cell(cell, store_history=True)
    out[name] = {k: repr(v) for k, v in shell.user_ns.items() if not k.startswith("_") and type(v) in PLAIN
                 and k not in ("In", "Out")}
print(json.dumps(out))
'''


@pytest.fixture
def notebook():
    made = Notebook(types.ModuleType("__main__").__dict__ | {"__builtins__": builtins}, Silenced())
    yield made
    if made.loop is not None:
        made.loop.close()
        asyncio.set_event_loop(None)


def run(notebook, *cells):
    """Run cells; the exceptions that they raised."""
    raised = []
    for number, cell in enumerate(cells, 1):
        try:
            notebook.run_cell(cell, number)
        except Exception as error:
            raised.append(error)
    return raised


@pytest.fixture(scope="module")
def in_ipython(tmp_path_factory):
    """The names that each notebook leaves in IPython itself."""
    surroundings = {"IPYTHONDIR": str(tmp_path_factory.mktemp("ipython")), "HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", ORACLE], input=json.dumps(NOTEBOOKS), capture_output=True,
                         text=True, check=True, env=surroundings)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.filterwarnings("ignore")  # a cell's own code may warn
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_cells_leave_the_names_that_they_leave_in_ipython(name, in_ipython, notebook, monkeypatch):
    monkeypatch.setattr(getipython, "get_ipython", notebook.names["get_ipython"])
    run(notebook, *NOTEBOOKS[name])
    plain = (int, float, str, bool, list, tuple, dict)
    ours = {k: repr(v) for k, v in notebook.names.items()
            if not k.startswith("_") and type(v) in plain and k not in ("In", "Out")}
    assert ours == in_ipython[name]


def test_what_ipython_has_no_word_for_runs_as_python_and_is_said(notebook):
    """A debugger would wait for somebody; a magic of a plug-in that is not here may have run its cell."""
    for cell, name in (("%%debug\ndef one(): return 1", "one"), ("%%heat\ntwo = 2", "two"), ("%%timeit\nthree = 3", "three"),
                       ("%tensorboard --logdir x\nfour = 4", "four")):
        assert run(notebook, cell) == [] and name in notebook.names
    said = [text for _, text in notebook.silenced.take()]
    assert said == ["%%debug", "%%heat", "%tensorboard --logdir x"]


@pytest.mark.parametrize("magic", ["%%bash", "%%writefile a.py", "%%html", "%%script python", "%%!", "%%javascript"])
def test_a_cell_in_another_language_is_not_run_and_is_said(notebook, magic):
    assert run(notebook, f"{magic}\nx = 1") == [] and "x" not in notebook.names
    assert notebook.silenced.take() == [["silent", magic]]


def test_magics_without_an_effect_are_not_worth_a_word(notebook):
    assert run(notebook, "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config A.b = {}\nx?\nx = 1") == []
    assert notebook.silenced.take() == [] and notebook.names["x"] == 1


def test_what_one_cell_says_is_short_and_said_once(notebook):
    assert run(notebook, "for i in range(100):\n    !ls\n    get_ipython().system(f'echo {i}' * 1000)") == []
    said = notebook.silenced.take()
    assert len(said) == 20 and said[0] == ["silent", "!ls"] and max(len(text) for _, text in said) <= 300
    assert notebook.silenced.take() == []


@pytest.mark.parametrize(("cell", "line"), [
    ("x = 1\ny = undefined", 2), ("%%time\nx = 1\ny = undefined", 3), ("!ls\n\ny = undefined", 3),
    ("%%capture out\nx = 1\n\ny = undefined", 4),
    ("%%time\n!ls\ny = undefined", 3), ("\n \n!ls\ny = undefined", 4),
    ("%%time\n\n%%capture\n\ny = undefined", 5), ("%%timeit x = 1\n    y = undefined", 2),
    ("def f():\n    return undefined\n\nf()", 2),
    ("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    undefined\nawait f()", 4)])
def test_an_error_is_told_with_its_line(notebook, cell, line):
    [error] = run(notebook, cell)
    assert type(error) is NameError and line_of(error) == f" (line {line} of the cell)"
    assert "undefined" in linecache.getline("<cell 1>", line)


@pytest.mark.parametrize(("body", "line"), [
    ("return undefined", 2), ("x = 1\n    return [undefined for _ in range(3)]", 3), ("return (lambda: undefined)()", 2)])
def test_an_error_in_a_function_of_another_cell_is_told_with_the_functions_line(notebook, body, line):
    """Line 2 of the cell that failed holds something else."""
    [error] = run(notebook, f"x = 1\n\ndef f():\n    {body}", "def g():\n    return f()\n\nx = 2\ng()")
    assert line_of(error) == f" (line {line} of `f`, called in line 2 of the cell)" and LINE.search("A: b" + line_of(error))
    [error] = run(notebook, "f = lambda: undefined", "\nf()")  # a function without a name has no lines of its own
    assert line_of(error) == " (line 2 of the cell)"


@pytest.mark.parametrize(("cell", "line"), [
    ("x = 1\ny = (", 2), ("def broken(:\n  pass", 1), ("%%time\nx = 1\ny =", 3), ("!ls\nx =", 2), ("x = 1\nreturn 3", 2),
    ("what? x = 3", 1),
    ("def f():\n    return (\n  x = 1", 2), ("if True:\n    x = 1\n  y = 2", 3), ("!ls\nif True:\nx = 1", 3)])
def test_what_is_no_python_is_a_syntax_error_with_its_line(notebook, cell, line):
    [error] = run(notebook, cell)
    assert isinstance(error, SyntaxError) and error.filename == "<cell 1>" and error.lineno == line


def test_the_number_that_jupyter_shows_may_be_told(notebook):
    notebook.run_cell("1 + 1", 5, 4)
    notebook.run_cell("a, b = Out[4], _i4", 9, 7)
    assert (notebook.names["a"], notebook.names["b"], notebook.inputs[7]) == (2, "1 + 1", "a, b = Out[4], _i4")


def test_ipython_is_read_only_where_a_cell_needs_it():
    program = ("import sys, builtins\nfrom autograder.cells.code import Notebook, Silenced\n"
               "n = Notebook({'__builtins__': builtins}, Silenced())\nn.run_cell('x = 1\\n_', 1)\n"
               "print([m for m in sys.modules if m.startswith('IPython')])\nn.run_cell('%time y = 2', 2)\n"
               "print([m for m in sys.modules if m.startswith('IPython')], n.names['y'], 'asyncio' in sys.modules)\n")
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.splitlines() == ["[]", "[] 2 False"]


# --- imports that do not work -----------------------------------------------------------------------------------------

def test_an_import_that_does_not_work_costs_its_name_and_not_the_rest_of_its_cell(notebook):
    cell = ("import math, no_such_package.part as nsp, json\nfrom math import pi, no_such_name\nif True:\n"
            "    from no_such_package import thing\nfrom no_such_package import *\ntry:\n    import no_such_package\n"
            "except ImportError:\n    !pip install no_such_package\n    import no_such_package\n"
            "x = json.loads('1') + math.floor(pi)\n")
    assert run(notebook, cell) == [] and notebook.names["x"] == 4
    said = notebook.silenced.take()
    assert [kind for kind, _ in said] == ["told", "told", "told", "told", "silent", "told"]
    lines = [re.match(r"line (\d+): `(.*?)` did not work \((.*)\); the rest of the cell ran without it\.$", text).groups()
             for kind, text in said if kind == "told"]
    nobody = f"where notebooks are graded there is no no_such_package; there are {', '.join(NAMED)} and Python's own modules"
    assert lines == [("1", "import math, no_such_package.part as nsp, json", nobody),
                     ("2", "from math import pi, no_such_name", lines[1][2]),
                     ("4", "from no_such_package import thing", nobody), ("5", "from no_such_package import *", nobody),
                     ("10", "import no_such_package", nobody)]
    assert "cannot import name 'no_such_name'" in lines[1][2]
    assert isinstance(notebook.names["nsp"], Missing) and isinstance(notebook.names["thing"], Missing)


@pytest.mark.parametrize("use", ["p.q.r(1)", "p(2)", "p[0]", "for x in p: pass", "class A(p.B): pass", "with p: pass", "p + 1"])
def test_using_what_was_not_imported_says_why(notebook, use):
    [error] = run(notebook, f"import no_such_package as p\n{use}")
    assert type(error) is ModuleNotFoundError and "`import no_such_package as p` did not work: where notebooks" in str(error)
    assert line_of(error) == " (line 2 of the cell)"


def test_the_packages_that_a_cell_may_import_are_those_that_every_student_has():
    """What pip installs on Gradescope, by the names under which it is imported; the torch group where a unit needs it."""
    base, torch = closure(requirements(["cells", "sandbox"])), closure(requirements(["torch"]))
    names = {module: {re.sub(r"[-_.]+", "-", d).lower() for d in found} for module, found in packages_distributions().items()}
    there = {module for module, found in names.items() if found & base} | {"autograder", "llmcourse"}
    with_torch = {module for module, found in names.items() if found & torch} - there
    assert {module for module in there if not is_there(module, False)} == set() == PACKAGES & names.keys() - there
    assert {module for module in with_torch if not is_there(module, True)} == set() == TORCH & names.keys() - with_torch
    for module in ("nltk", "pandas", "jupyterlab", "torch", "otter"):
        assert not is_there(module, False) and not is_there(f"{module}.part", False)
    assert is_there("json", False) and is_there("torch.nn", True) and is_there("_private", False)


def closure(lines):
    """The distributions that these requirements install, by their normal names."""
    seen, todo = set(), [Requirement(line) for line in lines.split()]
    while todo:
        wanted = todo.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        try:
            needed = map(Requirement, distribution(name).requires or [])
        except PackageNotFoundError:
            continue
        todo += [r for r in needed if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in {"", *wanted.extras})]
    return seen


# --- stand-ins, in a worker -------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def worker():
    with Session(Limits(cell=30, call=30, total=600)) as session:
        yield session


def ran(worker, *cells):
    """Run cells without an error; what they asked for in vain."""
    said = []
    for number, cell in enumerate(cells, 1):
        error = worker.run_cell(cell, number)
        assert error is None, error
        said += worker.silenced
    return said


def test_nobody_types_while_grading(worker):
    said = ran(worker, "import getpass, sys\nname = input('Your name: ')\nkey = getpass.getpass()\nrest = sys.stdin.read()")
    assert said == [("silent", "input()")] and (worker.get("name"), worker.get("key"), worker.get("rest")) == ("", "", "")
    assert worker.run_cell("while input() != 'quit': pass", 1) == "EOFError: EOF when reading a line (line 1 of the cell)"


def test_files_that_a_cell_writes_can_be_read_again_and_are_on_no_disk(worker, tmp_path):
    said = ran(worker, "import os, json, pathlib, numpy as np\nos.makedirs('data/deep', exist_ok=True)\n"
                       "with open('data/deep/a.txt', 'w', encoding='utf-8') as f:\n    f.write('é\\n')\n"
                       "with open('data/deep/a.txt', 'a', encoding='utf-8') as f:\n    f.write('b')\n"
                       "text = open('data/deep/a.txt', encoding='utf-8').read()\nsize = os.path.getsize('data/deep/a.txt')",
               "np.save('x.npy', np.arange(3))\nback = np.load('x.npy')\npath = pathlib.Path('y.txt')\npath.write_text('y')\n"
               "there = [path.exists(), os.path.isdir('data'), path.read_text() == 'y', os.path.exists('no.txt')]\n"
               "os.remove('y.txt')\nthere.append(path.exists())",
               f"open({str(tmp_path / 'out.txt')!r}, 'wb').write(b'x')")
    assert worker.get("text") == "é\nb" and worker.get("size") == 4 and worker.get("back").tolist() == [0, 1, 2]
    assert worker.get("there") == [True, True, True, False, False]
    assert [text for _, text in said][:4] == ["mkdir('data')", "mkdir('data/deep')", "open('data/deep/a.txt', 'w')",
                                              "open('data/deep/a.txt', 'a')"]
    assert list(tmp_path.iterdir()) == []


def test_programs_are_not_started_and_end_well(worker):
    said = ran(worker, "import os, subprocess\nstatus = os.system('pip install nltk')\n"
                       "done = subprocess.run(['python', '-m', 'pip'], check=True)\nsubprocess.check_call('ls')\n"
                       "quiet = subprocess.run('ls', capture_output=True, text=True)\n"
                       "out = [subprocess.check_output(['ls']), quiet.stdout]\n"
                       "read = os.popen('ls').read()\nprocess = subprocess.Popen(['cat'], stdout=-1)\nprocess.kill()\n"
                       "more = [process.wait(), process.stdout.read(), process.communicate('x'), done.returncode]")
    assert worker.get("status") == 0 and worker.get("out") == [b"", ""] and worker.get("read") == ""
    assert worker.get("more") == [0, b"", (b"", None), 0]
    told = [text for _, text in said]
    assert told[0] == "os.system('pip install nltk')" and "subprocess: cat" in told


@pytest.mark.parametrize(("use", "error"), [
    ("open('not there.txt')", "FileNotFoundError"), ("open('a', 'w'); open('a', 'x')", "FileExistsError"),
    ("open('a', 'rw')", "ValueError"), ("open('not there', 'r+')", "FileNotFoundError"),
    ("import os\nos.mkdir('d'); os.mkdir('d')", "FileExistsError"), ("import os\nos.remove('not there')", "FileNotFoundError"),
])
def test_files_that_are_not_there_and_modes_that_do_not_exist_are_errors_as_ever(worker, use, error):
    assert re.match(error, worker.run_cell(use, 1))


def test_display_and_progress_bars_cost_nothing_and_print_nothing(worker):
    said = ran(worker, "from IPython.display import display, Markdown, HTML, clear_output\nclass Slow:\n"
                       "    def __repr__(self): 1 / 0\ndisplay(Slow(), Markdown('*x*'))\nclear_output()\nSlow()\n"
                       "kept = Markdown('*x*').data",
               "from tqdm.auto import tqdm\nfrom tqdm.notebook import trange\ntotal = sum(tqdm(range(10))) + sum(trange(5))",
               "import IPython, IPython.display as d\nsame = IPython.get_ipython() is get_ipython()\nd.display(1); display(2)\n"
               "name = type(get_ipython()).__name__\nget_ipython().kernel.anything[3].at_all(x=1)")
    assert said == [("silent", "display()")] * 2
    assert (worker.get("kept"), worker.get("total"), worker.get("same")) == ("*x*", 55, True)
    assert worker.get("name") == "ZMQInteractiveShell"


def test_colab_and_widgets_are_there_and_do_nothing(worker):
    said = ran(worker, "from google.colab import files, drive, userdata\nimport google.colab.data_table\n"
                       "drive.mount('/content/drive')\nup = files.upload()\nfiles.download('x')\nkey = userdata.get('KEY')\n"
                       "from google.colab.patches import cv2_imshow",
               "import ipywidgets as w\nfrom ipywidgets import interact, widgets\n@interact(x=(0, 5))\ndef one(x): return x\n"
               "@interact\ndef two(x): return 2 * x\nthree = w.interactive(one, x=3)\ns = w.IntSlider(value=5, max=9)\n"
               "s.observe(lambda change: 1 / 0, names='value')\nwith w.Output(): here = 1\nout = w.Output()\n@out.capture()\n"
               "def four(x): return 4 * x\nclass Mine(w.HBox): pass\nbox = Mine(children=[s, widgets.Text(value='t')])\n"
               "value, text = s.value, box.children[1].value",
               "import nest_asyncio\nnest_asyncio.apply()")
    said = [text for _, text in said if text != "ipywidgets"]  # which a progress bar of another test may have imported
    assert said == ["google.colab", "nest_asyncio"]
    assert (worker.get("up"), worker.get("key"), worker.get("value"), worker.get("text")) == ({}, "", 5, "t")
    worker.fork()
    assert [worker.get(f)(3) for f in ("one", "two", "three", "four")] == [3, 6, 3, 12]


def test_a_silent_object_does_nothing():
    silent = Silent(value=3)
    assert silent.value == 3 and list(silent) == [] == list(silent.a.b(1).c[2]) and not silent and repr(silent) == ""
    silent["x"] = 1
    with silent as inner, pytest.raises(AttributeError, match="__array__"):
        _ = inner.__array__


def test_only_packages_of_students_are_found(worker):
    said = ran(worker, "import importlib.util\nimport pytest\nimport yaml, numpy\nfound = importlib.util.find_spec('nltk')\n"
                       "optional = importlib.util.find_spec('numpy') is not None")
    assert [text.split(" (")[0] for _, text in said] == ["line 2: `import pytest` did not work",
                                                         "line 3: `import yaml, numpy` did not work"]
    assert worker.get("found") is None and worker.get("optional") is True


def test_plots_are_drawn_for_nobody(worker):
    said = ran(worker, "import matplotlib.pyplot as plt\nfor _ in range(30):\n    plt.figure()", "left = plt.get_fignums()\n"
                       "plt.plot([1, 2]); plt.savefig('plot.png')\nplt.show()\nheader = open('plot.png', 'rb').read()[:4]")
    assert worker.get("left") == [] and worker.get("header") == b"\x89PNG" and said == [("silent", "open('plot.png', 'w+b')")]


def test_coroutines_run_without_a_socket_and_tasks_go_on_in_later_cells(worker):
    """Not as in IPython at a terminal but as in Jupyter: a loop is running in every cell."""
    ran(worker, "import asyncio\ntask = asyncio.create_task(asyncio.sleep(0, 'slept'))",
        "running = asyncio.get_running_loop().is_running()", "got = await task\nthread = await asyncio.to_thread(sum, [1, 2])")
    assert (worker.get("got"), worker.get("running"), worker.get("thread")) == ("slept", True, 3)
    assert worker.run_cell("asyncio.run(asyncio.sleep(0))", 1).startswith("RuntimeError: asyncio.run() cannot be called")
