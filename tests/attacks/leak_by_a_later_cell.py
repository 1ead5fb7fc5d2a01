"""Keep the hidden inputs of one question in memory that forks share, and raise an error with them in a later cell."""

CELL = '''
import mmap
shared = mmap.mmap(-1, 4096)

def double(a):
    if len(a) != 3:
        shared[:20] = str(int(a[0])).encode().ljust(20)
    return a
'''


def submit(folder, notebook):
    import json

    show = {"cell_type": "code", "source": "raise ValueError('seen ' + shared[:20].decode().strip('\\0 '))",
            "metadata": {"llmcourse": {"question": "q2", "role": "answer"}}, "outputs": [], "execution_count": None}
    notebook["cells"].insert(3, show)
    (folder / "mini.ipynb").write_text(json.dumps(notebook))


TELLS = "ValueError: seen"
