"""Train a model of the course and look at what it has learned: ``python -m llmcourse.training transformer --optimizer muon``.

Every field of the model's config and of ``TrainingConfig`` is an option. With ``--checkpoint`` a training that was stopped goes
on where it was. At the end stand samples of what the model writes, its loss curve (``--curve loss.svg``) and, on the course's
stories, the held-out bits per token with their distance to the floor: a row of the ladder (``--row row.json``).

``--text english`` or ``--text shakespeare`` (which is downloaded) takes the letters of a text instead, in windows by chance.
What nanoGPT does on a CPU is ``transformer --text shakespeare --layers 4 --batch-size 12 --block 64 --tokens 1536000``.

``torchrun --standalone --nproc-per-node 2 -m llmcourse.training transformer`` trains the same model in two processes.
"""

import argparse
import importlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import torch

from llmcourse import plots
from llmcourse.corpora import score, score_difference, stories, tiny_shakespeare
from llmcourse.corpora import text as prose
from llmcourse.corpora.downloads import DownloadError
from llmcourse.corpora.story_language import typeset
from llmcourse.corpus import Corpus
from llmcourse.language_models import sample
from llmcourse.training.characters import characters, go_on
from llmcourse.training.config import TrainingConfig
from llmcourse.training.curves import plot_losses
from llmcourse.training.language_model import NeuralLanguageModel
from llmcourse.training.loop import Training, train
from llmcourse.training.losses import Loss, language_model_loss
from llmcourse.training.randomness import choose_device, new_generator
from llmcourse.training.windows import pack, window_loss, windows
from llmcourse.training.workers import joined, workers
from llmcourse.vocabulary import Vocabulary

MODELS = {"feedforward": ("llmcourse.feedforward", "FeedForwardLM", "FeedForwardConfig"),
          "recurrent": ("llmcourse.recurrent", "RecurrentLM", "RecurrentConfig"),
          "transformer": ("llmcourse.transformer", "TransformerLM", "TransformerConfig")}
TEXTS = ("stories", "english", "swedish", "french", "shakespeare")
PICTURES = (".svg", ".png", ".pdf")
LONGEST = 400  # tokens of a sample


def add_options(parser: argparse.ArgumentParser, config: type[Any], title: str) -> None:
    """An option for every field of a config dataclass, with its default."""
    group, types = parser.add_argument_group(title), get_type_hints(config)
    for field in fields(config):
        kinds = [kind for kind in get_args(types[field.name]) or (types[field.name],) if kind is not type(None)]
        name = "--" + field.name.replace("_", "-")
        if get_origin(types[field.name]) is tuple:
            group.add_argument(name, type=kinds[0], nargs=len(kinds), default=default(field), metavar=kinds[0].__name__.upper())
        elif kinds == [bool]:
            group.add_argument(name, action=argparse.BooleanOptionalAction, default=default(field))
        else:
            group.add_argument(name, type=kinds[0], default=default(field), metavar=kinds[0].__name__.upper())


def default(field: "Field[Any]") -> object:
    """What a field is when nobody says anything."""
    return None if field.default is MISSING else field.default


def chosen(config: type[Any], options: argparse.Namespace) -> Any:
    """The config with the options that were given."""
    given = {field.name: getattr(options, field.name) for field in fields(config)}
    return config(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def parse(arguments: Sequence[str] | None = None) -> tuple[argparse.Namespace, Any, TrainingConfig]:
    """The options, the model's config and the training's."""
    parser = argparse.ArgumentParser(prog="python -m llmcourse.training",
                                     description="Train a model on the course's stories or on a text, and measure it.")
    commands = parser.add_subparsers(dest="model", required=True)
    for name, (module, _, config) in MODELS.items():
        command = commands.add_parser(name, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        command.add_argument("--text", choices=TEXTS, default="stories", help="what to learn from")
        command.add_argument("--tokens", type=int, default=1_000_000, help="of different stories, or of windows of a text")
        command.add_argument("--block", type=int, default=64, help="length of the windows of a text")
        command.add_argument("--samples", type=int, default=2, help="how many texts to write at the end")
        command.add_argument("--curve", type=Path, help="picture of the losses (.svg, .png or .pdf)")
        command.add_argument("--row", type=Path, help="JSON file for the row of the ladder")
        command.add_argument("--device", default="auto", help="auto (a GPU where there is one), cpu or cuda")
        command.add_argument("--threads", type=int, help="of the CPU; as many as torch likes")
        command.add_argument("--metrics", type=Path, help="JSON-lines file for the figures of every step")
        command.add_argument("--checkpoint", type=Path, help="file to save in, and to go on from where it exists")
        command.add_argument("--quiet", action="store_true", help="no progress bar")
        add_options(command, getattr(importlib.import_module(module), config), "model")
        add_options(command, TrainingConfig, "training")
    options = parser.parse_args(arguments)
    if options.curve is not None and options.curve.suffix not in PICTURES:
        parser.error(f"a curve is a file {', '.join(PICTURES)}, got {options.curve}")
    if options.row is not None and options.text != "stories":
        parser.error(f"a row of the ladder is measured on the course's stories, and --text is {options.text}")
    try:
        module, _, config = MODELS[options.model]
        return options, chosen(getattr(importlib.import_module(module), config), options), chosen(TrainingConfig, options)
    except (ValueError, TypeError) as problem:
        parser.error(str(problem))


@dataclass
class Task:
    """What is learned and how it is measured. ids: of a text, whose first window samples go on from."""

    vocabulary: Vocabulary
    learn: Corpus
    validation: Corpus
    loss: Loss
    ids: np.ndarray


def task_of(options: argparse.Namespace, seed: int) -> Task:
    """Stories, each a text with its end; or the letters of one long text, in windows."""
    if options.text == "stories":
        language = stories()
        learn = language.train(options.tokens)
        return Task(language.vocabulary, learn, language.validation(), language_model_loss, learn.ids)
    text = characters(tiny_shakespeare() if options.text == "shakespeare" else prose(options.text))
    number = max(1, options.tokens // options.block)
    return Task(text.vocabulary, windows(text.learn, number, options.block, new_generator(seed)),
                pack(Corpus.join([text.validation]), options.block), window_loss, text.validation)


def main(arguments: Sequence[str] | None = None) -> None:
    options, config, training = parse(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    module, name, _ = MODELS[options.model]
    try:
        with joined(choose_device(options.device)) as device:
            task = task_of(options, training.seed)
            model: NeuralLanguageModel = getattr(importlib.import_module(module), name)(
                task.vocabulary, config, new_generator(training.seed))
            first, size = workers().first, workers().size
            if first:
                print(f"{options.model}: {model.parameter_count:,} parameters, {len(task.learn.ids):,} tokens, on {device}"
                      + (f" and {size - 1} more" if size > 1 else ""))
            result = train(model.to(device), task.learn, task.validation, training, loss=task.loss, metrics=options.metrics,
                           checkpoint=options.checkpoint, progress=not options.quiet)
    except (ValueError, FloatingPointError, DownloadError) as problem:  # no such device, another training's checkpoint, …
        sys.exit(f"{options.model}: {problem}")
    if first:
        report(model, result, task, options)


def report(model: NeuralLanguageModel, result: Training, task: Task, options: argparse.Namespace) -> None:
    """Samples, the loss curve, and how good the model is."""
    for number in range(options.samples):
        print(f"\n--- sample {number + 1}\n{written(model, task, options, number)}")
    print(f"\n{result.step:,} steps, {result.tokens:,} tokens, {result.seconds:.0f} s; ", end="")
    floor = None
    if options.text == "stories":
        language, held_out = stories(), stories().held_out()
        scores, source = model.token_log_probabilities(held_out), language.token_log_probabilities(held_out)
        (bits, error), (gap, gap_error) = score(scores, held_out.lengths), score_difference(scores, source, held_out.lengths)
        print(f"held out {bits:.4f} ± {error:.4f} bits a token, {gap:.4f} ± {gap_error:.4f} above the floor")
        floor = -float(language.token_log_probabilities(task.validation).mean())
        if options.row is not None:
            options.row.parent.mkdir(parents=True, exist_ok=True)
            options.row.write_text(json.dumps({
                "unit": 10, "model": options.model, "parameters": model.parameter_count, "training_tokens": result.tokens,
                "seconds": round(result.seconds, 3), "bits_per_token": bits, "standard_error": error, "gap": gap,
                "gap_standard_error": gap_error}) + "\n", encoding="utf-8")
    else:
        print(f"validation loss {result.best_loss:.4f} nats, {result.best_loss / math.log(2):.4f} bits a character")
    if options.curve is not None:
        lines: list[dict[str, Any]] = [{"step": step, "loss": loss} for step, loss in enumerate(result.losses, 1)]
        lines += [{"step": step, "validation_loss": loss} for step, loss in result.evaluations]
        options.curve.parent.mkdir(parents=True, exist_ok=True)
        with plots.style():
            figure = plot_losses({options.model: lines}, floor=floor).get_figure(root=True)
            assert figure is not None  # the axes have just been made in one
            figure.savefig(options.curve)


def written(model: NeuralLanguageModel, task: Task, options: argparse.Namespace, seed: int) -> str:
    """A story, or how a text goes on after its first validation characters."""
    if options.text == "stories":
        config: Any = getattr(model, "config", None)
        learned = getattr(config, "positions", "") == "learned"            # then the model knows no others
        most = min(LONGEST, config.longest - 1) if learned else LONGEST
        ids = sample(model, np.random.default_rng(seed), max_length=most)
        return typeset(task.vocabulary.decode([i for i in ids if i != task.vocabulary.eos]))
    start = task.ids[: options.block].tolist()
    return "".join(task.vocabulary.decode(go_on(model, start, 300, window=options.block, generator=new_generator(seed))))


if __name__ == "__main__":
    main()
