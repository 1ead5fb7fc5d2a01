"""What a training leaves on disk: a checkpoint that is whole at every moment, and a line of JSON for each measurement."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import torch


def save_atomically(state: dict[str, Any], path: str | Path) -> None:
    """Write tensors, numbers, strings, and lists and dictionaries of them. Whoever kills us finds the old file or the new one.

    The new file is written beside the old one, flushed to the disk, and takes its name in one step.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last, where the system can open a folder (Windows cannot, and needs not)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def load(path: str | Path) -> dict[str, Any]:
    """What ``save_atomically`` wrote, on the CPU. Only data is read (``weights_only``): a checkpoint can run no code.

    Raises ValueError for a file that holds something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as problem:  # torch raises many kinds for a damaged file
        raise ValueError(f"{path} is no checkpoint: {problem}") from problem
    if not isinstance(state, dict):
        raise ValueError(f"{path} is no checkpoint: it holds {type(state).__name__}, expected a dictionary")
    return state


class Metrics:
    """A JSON-lines file with a line for each step and each evaluation, or nothing where there is no path.

    step: the steps that are already done. Lines about later ones, left by a run that was killed, are taken back, so that
    the file of a resumed training has the lines of one that was never stopped.
    """

    def __init__(self, path: str | Path | None, step: int = 0):
        self.path = None if path is None else Path(path)
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            kept = [line for line in _lines(self.path) if json.loads(line)["step"] <= step] if step else []
            self.path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def write(self, **values: float | int | str | bool) -> None:
        """Add a line."""
        if self.path is not None:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(values) + "\n")


def _lines(path: Path) -> list[str]:
    """The whole lines of a file; a killed run may have left half of one at the end."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text.split("\n")[:-1]


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """The lines of a metrics file as dictionaries."""
    return [json.loads(line) for line in _lines(Path(path))]
