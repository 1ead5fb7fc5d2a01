"""Train a model of the course on its stories: ``python -m llmcourse.training feedforward --window 8 --tokens 1000000``.

Every field of the model's config and of ``TrainingConfig`` is an option. With ``--checkpoint`` a training that was stopped goes
on where it was. At the end the held-out bits per token are measured, as for the ladder.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import torch

from llmcourse.corpora import score, score_difference, stories
from llmcourse.training import NeuralLanguageModel, TrainingConfig, choose_device, new_generator, train

MODELS = {"feedforward": ("llmcourse.feedforward", "FeedForwardLM", "FeedForwardConfig"),
          "recurrent": ("llmcourse.recurrent", "RecurrentLM", "RecurrentConfig"),
          "transformer": ("llmcourse.transformer", "TransformerLM", "TransformerConfig")}


def add_options(parser: argparse.ArgumentParser, config: type[Any], title: str) -> None:
    """An option for every field of a config dataclass, with its default."""
    group, types = parser.add_argument_group(title), get_type_hints(config)
    for field in fields(config):
        kinds = [kind for kind in get_args(types[field.name]) or (types[field.name],) if kind is not type(None)]
        name = "--" + field.name.replace("_", "-")
        if kinds == [bool]:
            group.add_argument(name, action=argparse.BooleanOptionalAction, default=default(field))
        else:
            group.add_argument(name, type=kinds[0], default=default(field), metavar=kinds[0].__name__.upper())


def default(field: "Field[Any]") -> object:
    """What a field is when nobody says anything."""
    return None if field.default is MISSING else field.default


def chosen(config: type[Any], options: argparse.Namespace) -> Any:
    """The config with the options that were given."""
    return config(**{field.name: getattr(options, field.name) for field in fields(config)})


def parse(arguments: Sequence[str] | None = None) -> tuple[argparse.Namespace, Any, TrainingConfig]:
    """The options, the model's config and the training's."""
    parser = argparse.ArgumentParser(prog="python -m llmcourse.training",
                                     description="Train a model on the course's stories and measure it on the held-out ones.")
    commands = parser.add_subparsers(dest="model", required=True)
    for name, (module, _, config) in MODELS.items():
        command = commands.add_parser(name, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        command.add_argument("--tokens", type=int, default=1_000_000, help="tokens of different stories to learn from")
        command.add_argument("--device", default="auto", help="auto (a GPU where there is one), cpu or cuda")
        command.add_argument("--threads", type=int, help="of the CPU; as many as torch likes")
        command.add_argument("--metrics", type=Path, help="JSON-lines file for the figures of every step")
        command.add_argument("--checkpoint", type=Path, help="file to save in, and to go on from where it exists")
        command.add_argument("--quiet", action="store_true", help="no progress bar")
        add_options(command, getattr(importlib.import_module(module), config), "model")
        add_options(command, TrainingConfig, "training")
    options = parser.parse_args(arguments)
    try:
        module, _, config = MODELS[options.model]
        return options, chosen(getattr(importlib.import_module(module), config), options), chosen(TrainingConfig, options)
    except (ValueError, TypeError) as problem:
        parser.error(str(problem))


def main(arguments: Sequence[str] | None = None) -> None:
    options, config, training = parse(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    language = stories()
    learn, validation, held_out = language.train(options.tokens), language.validation(), language.held_out()
    module, name, _ = MODELS[options.model]
    model: NeuralLanguageModel = getattr(importlib.import_module(module), name)(
        language.vocabulary, config, new_generator(training.seed))
    try:
        device = choose_device(options.device)
        print(f"{options.model}: {model.parameter_count:,} parameters, {len(learn.ids):,} tokens, on {device}")
        result = train(model.to(device), learn, validation, training, metrics=options.metrics, checkpoint=options.checkpoint,
                       progress=not options.quiet)
    except (ValueError, FloatingPointError) as problem:  # no such device, a checkpoint of another training, too large steps
        sys.exit(f"{options.model}: {problem}")
    scores = model.token_log_probabilities(held_out)
    floor = language.token_log_probabilities(held_out)
    bits, error = score(scores, held_out.lengths)
    gap, gap_error = score_difference(scores, floor, held_out.lengths)
    print(f"{result.step:,} steps, {result.tokens:,} tokens, {result.seconds:.0f} s; held out {bits:.4f} ± {error:.4f} bits a "
          f"token, {gap:.4f} ± {gap_error:.4f} above the floor")


if __name__ == "__main__":
    main()
