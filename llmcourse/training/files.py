"""What a training leaves on disk: a checkpoint that is whole at every moment, and a line of JSON for each measurement.

A checkpoint is a safetensors file: numbers and strings as JSON in front, then the tensors one after the other. Any language can
read that, nothing in it can be run, and a file of weights from elsewhere can be looked at before it is trusted. ``torch.save``
writes a pickle, which is a program.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

KEY = "llmcourse"  # of the JSON, among the strings that a safetensors file may have in front


def save_atomically(state: dict[str, Any], path: str | Path) -> None:
    """Write tensors, numbers, strings, and lists, tuples and dictionaries of them. Whoever kills us finds the old file or the
    new one.

    The new file is written beside the old one, flushed to the disk, and takes its name in one step. Raises TypeError for what
    is none of these.
    """
    from safetensors.torch import save  # here and below: only who saves needs it

    tensors: dict[str, Tensor] = {}
    plain = json.dumps(_plain(state, tensors))
    content = save(tensors, {KEY: plain})
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
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
    """What ``save_atomically`` wrote, on the CPU. Only data is read: a checkpoint can run no code.

    Raises ValueError for a file that holds something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            header, tensors = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as problem:
        raise ValueError(f"{path} is no checkpoint: {problem}") from problem
    if KEY not in header:
        raise ValueError(f"{path} is no checkpoint of a training: it holds tensors alone, {len(tensors)} of them")
    state: dict[str, Any] = _restored(json.loads(header[KEY]), tensors)
    return state


def _plain(value: Any, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON has it. What JSON does not know becomes an object of one key: a tensor, which goes into ``tensors`` with
    a number as its name, a tuple, and a dictionary, whose keys need not be strings.
    """
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().contiguous().clone()          # one that shares its memory could not be stored
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[_plain(key, tensors), _plain(item, tensors)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_plain(item, tensors) for item in value]}
    if isinstance(value, list):
        return [_plain(item, tensors) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a checkpoint holds tensors, numbers, strings, and lists, tuples and dictionaries of them, got {value!r}")


def _restored(value: Any, tensors: dict[str, Tensor]) -> Any:
    """What ``_plain`` was made of."""
    if isinstance(value, list):
        return [_restored(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    (kind, content), = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "tuple":
        return tuple(_restored(item, tensors) for item in content)
    return {_restored(key, tensors): _restored(item, tensors) for key, item in content}


def save_checkpoint(model: nn.Module, optimizer: torch.optim.Optimizer, step: int, path: str | Path) -> None:
    """Write the weights, what the optimiser keeps, and how many steps were done. For a loop of one's own."""
    save_atomically({"weights": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, path)


def load_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Bring back what ``save_checkpoint`` wrote into a model and an optimiser of the same kind, and return the step."""
    state = load(path)
    model.load_state_dict(state["weights"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


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
