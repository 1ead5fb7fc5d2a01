"""What Gradescope's export says about its folders: who submitted which, and when."""

from dataclasses import dataclass
from typing import Any

from autograder.cohort.leaves import Leaf, read
from autograder.cohort.names import Student
from autograder.tables import one_line

METADATA = "submission_metadata.yml"
MAX_METADATA = 200 * 2**20  # it holds every student's results, too


@dataclass
class Listed:
    students: tuple[Student, ...]
    created_at: str = ""


def submitters(leaf: Leaf, ignored: list[tuple[str, str]]) -> dict[str, Listed]:
    """The students of every ``submission_NNN`` in the export; empty, and said among the ignored, where it cannot be read."""
    import yaml

    class Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Plain values only; Ruby's own tags are passed over."""

    def untagged(loader: Any, suffix: str, node: Any) -> object:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value

    Plain.add_multi_constructor("", untagged)
    Plain.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
    try:
        data = yaml.load(read(leaf, MAX_METADATA).decode("utf-8", "replace"), Plain)
    except Exception as error:
        ignored.append((leaf.where, f"is no YAML ({type(error).__name__}): students go by the numbers of their submissions"))
        return {}
    found = {}
    for key, value in data.items() if isinstance(data, dict) else ():
        fields = _fields(value)
        people = fields.get("submitters")
        students = tuple(_student(str(key), _fields(person)) for person in people) if isinstance(people, list) else ()
        found[str(key)] = Listed(students, _iso(fields.get("created_at")))
    return found


def _fields(value: object) -> dict[str, object]:
    """A mapping with Ruby's symbols for keys (``:name``) as one with plain names."""
    return {str(k).lstrip(":"): v for k, v in value.items()} if isinstance(value, dict) else {}


def _student(key: str, person: dict[str, object]) -> Student:
    name, email, sid = (one_line(str(person.get(field) or ""), 200) for field in ("name", "email", "sid"))
    return Student(name or email or key, "gradescope", key.removeprefix("submission_"), email, sid)


def _iso(value: object) -> str:
    """A time such as ``2026-11-05 10:02:03.123 Z`` as ISO 8601 writes it."""
    text = str(value or "").strip()
    return text.replace(" Z", "+00:00").replace(" UTC", "+00:00").replace(" ", "T", 1).replace(" ", "")
