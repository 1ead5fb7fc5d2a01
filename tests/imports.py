"""What imports what in the project's packages, read from the source: no module is run."""

import ast
from collections.abc import Iterator
from pathlib import Path


def modules(root: Path, *packages: str) -> dict[str, Path]:
    """Every module of these packages by its full name; a package stands for its ``__init__.py``."""
    found = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def graph(known: dict[str, Path], *, types: bool = False) -> dict[str, set[str]]:
    """For every module the known modules that it names in an import, wherever the import stands.

    types: also those that only a type checker sees, under ``if TYPE_CHECKING``.
    """
    return {name: set(_named(name, path, known, types)) for name, path in known.items()}


def _named(name: str, path: Path, known: dict[str, Path], types: bool) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")), types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:  # a module of that package, or else something that the package itself holds
                inside = f"{source}.{alias.name}"
                if inside in known or source in known:
                    yield inside if inside in known else source


def _statements(node: ast.AST, types: bool) -> Iterator[ast.AST]:
    """All nodes below this one, but not those for the type checker alone."""
    for child in ast.iter_child_nodes(node):
        if not types and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from (inner for statement in child.orelse for inner in (statement, *_statements(statement, types)))
            continue
        yield child
        yield from _statements(child, types)


def cycles(known: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Groups of modules that import each other, directly or in a round."""
    below: dict[str, set[str]] = {}
    for name in known:
        seen, todo = set(), list(known[name])
        while todo:
            module = todo.pop()
            if module not in seen:
                seen.add(module)
                todo += known.get(module, set())
        below[name] = seen
    rounds = {tuple(sorted({name, *(m for m in seen if name in below.get(m, set()))}))
              for name, seen in below.items() if name in seen}
    return sorted(rounds)
