"""Where a unit has to stand: everything that is easily forgotten when one is added."""

import re
from pathlib import Path

SAMPLES = ("blank", "endless_cell", "endless_function", "full", "half", "misconceptions", "reused_names")
WITHOUT_LIBRARY = {"00_warmup"}  # about tools, not models
# No model of their own, so no rung on the ladder. What 08 builds becomes one in 09.
WITHOUT_MODEL = {"00_warmup", "04_tokenization", "05_embeddings", "08_attention", "10_training", "11_decoding"}


NOTES = ("Ninety minutes", "To run live", "Three questions for the room", "Mistakes to expect", "When time is short")


def missing_notes(path: Path) -> list[str]:
    """What a unit's teaching notes lack, one phrase each; nothing of a page that is not there."""
    if not path.exists():
        return []
    sections = dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n?)*)", path.read_text(encoding="utf-8"), re.MULTILINE))
    if lacking := [f"a section {name!r}" for name in NOTES if name not in sections]:
        return lacking
    plan, live, room, mistakes, _ = (sections[name] for name in NOTES)
    minutes = sum(map(int, re.findall(r"^\| (\d+) \|", plan, re.MULTILINE)))
    asked = len(re.findall(r"^\*\*\S", room, re.MULTILINE))
    return [*([f"a plan of 90 minutes (it has {minutes})"] if minutes != 90 else []),
            *(["a cell to run"] if "```{code-cell}" not in live else []),
            *([f"three questions (it has {asked})"] if asked != 3 else []),
            *(["the unit's mistakes"] if f"```{{expected-mistakes}} {path.stem}\n" not in mistakes else [])]


def missing(root: Path, unit: str) -> list[str]:
    """What the unit ``NN_name`` lacks in the tree below ``root``, one phrase each."""
    number, name = unit[:2], unit[3:]
    wanted = [f"solutions/{unit}.py", f"notebooks/{unit}.ipynb", f"book/{unit}.md", f"book/teaching/{unit}.md",
              f"autograder/misconceptions/{name}.py", f"tests/test_{name}.py", f"tests/alternatives/{name}.py",
              *(f"tests/submissions/{unit}_{kind}.ipynb" for kind in SAMPLES)]
    lines = {
        "book/_toc.yml": [rf"file: {unit}$", rf"file: teaching/{unit}$"],
        "README.md": [rf"^\| {number} {name} \|"],
        "book/index.md": [rf"^\| \[[^]]*\]\({unit}\.md\) \|"],
        "CHANGELOG.md": [rf"\b{number} {name}\b"],
        "book/closing.md": [rf"\({unit}\.md#"],
        "book/lectures.yml": [rf'"{number}: '],
        "book/teaching/index.md": [rf"^\| \[{number}\]\(\.\./{unit}\.md\) \|", rf"^\d+( and \d+)?: .*\b{unit}\b"],
    }
    if unit not in WITHOUT_LIBRARY:
        wanted.append(f"book/api/{name}.md")
        lines["book/_toc.yml"].append(rf"file: api/{name}$")
        lines["book/api/index.md"] = [rf"\b{name}\b"]
    if unit not in WITHOUT_MODEL | WITHOUT_LIBRARY:
        lines["benchmarks/ladder.py"] = [rf"^rung\({int(number)}, "]
        lines["book/_data/ladder.json"] = [rf'"unit": {int(number)}\b']
    found = [path for path in wanted if not (root / path).exists()]
    found += [f"{what} in book/teaching/{unit}.md" for what in missing_notes(root / f"book/teaching/{unit}.md")]
    if unit not in WITHOUT_LIBRARY and not any((root / f"llmcourse/{name}{end}").exists() for end in (".py", "/__init__.py")):
        found.append(f"llmcourse/{name}/__init__.py")
    for path, patterns in lines.items():
        text = (root / path).read_text() if (root / path).exists() else ""
        instead = ", or the unit in WITHOUT_MODEL of tests/layout.py" if "ladder" in path else ""
        found += [f"a line for {unit} in {path} ({p}){instead}" for p in patterns if not re.search(p, text, re.MULTILINE)]
    return found
