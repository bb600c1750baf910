"""Drawing bad inputs: the same seed and number give the same one."""

import json
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import onnx
from helpers.deploying import vouch_for

from hostile import contents, models
from hostile.cifar_changes import PICKLE, RECORDS
from hostile.documents import broken
from hostile.files import FILES, File
from hostile.idx_changes import IDX, PACKED_IDX
from hostile.joins import FOLDER, READS_EXPORT, break_additions
from hostile.matlab_changes import MATLAB
from hostile.names import HOSTILE_NAMES
from hostile.options import (
    BUDGETS_INVALID,
    BUDGETS_ODD,
    CHOICES,
    INVALID,
    ODD,
    VERBS_WITH_BUDGET,
    numeric_options,
)
from hostile.pytorch_changes import PYTORCH
from hostile.weights_beside import break_place
from hostile.workplace import COMMANDS

WHOLE = {"record", "excerpt", "bytes", "idx", "packed idx", "pickle", "matlab"}
"""Kinds of files that end where they say."""

FORMATS = {
    "idx": IDX, "packed idx": PACKED_IDX, "records": RECORDS, "pickle": PICKLE, "matlab": MATLAB,
    "pytorch": PYTORCH,
}  # fmt: skip
"""Of images and of weights, as ``File.kind`` names them."""


@dataclass(frozen=True)
class Case:
    """A bad input.

    Attributes:
        kind: Its class of bad inputs.
        arguments: The arguments of the command.
        done: The change that made the input bad, in words.
        invalid: True if it is invalid by construction, so that no command may take it.
    """

    kind: str
    arguments: tuple[str, ...]
    done: str
    invalid: bool


def draw(seed: str, number: int, home: Path) -> Case:
    """Draw a bad input, and break the files of a good folder for it."""
    random = Random(f"{seed}/{number}")
    return CLASSES[random.choice(list(CLASSES))](random, home)


def _option(random: Random, _home: Path) -> Case:
    invalid = random.random() < 0.6
    if random.random() < 0.2:
        verb, flag = random.choice(VERBS_WITH_BUDGET), "--budget"
        value = random.choice(BUDGETS_INVALID if invalid else BUDGETS_ODD)
    else:
        option = random.choice(list(numeric_options()))
        verb, flag = option.verb, option.flag
        value = random.choice(INVALID if invalid else ODD)
    return Case("option", (*COMMANDS[verb], f"{flag}={value}"), f"{verb} {flag}={value:.40}", invalid)


def _choice(random: Random, _home: Path) -> Case:
    """A word that is none of those that an option takes."""
    verb, flag = random.choice(CHOICES)
    value = random.choice((*HOSTILE_NAMES, "nan", "0", "1" * 5000))
    return Case("choice", (*COMMANDS[verb], f"{flag}={value}"), f"{verb} {flag}={value!r:.40}", invalid=True)


def _usage(random: Random, _home: Path) -> Case:
    """A command line that is none."""
    verb = random.choice(list(COMMANDS))
    name, *arguments = COMMANDS[verb]
    wrong = random.choice(HOSTILE_NAMES)
    match random.choice(("verb", "option", "argument", "value", "none")):
        case "verb":
            arguments = [wrong, *arguments]
        case "option":
            arguments = [name, *arguments, f"--{wrong}"]
        case "argument" if name != "deploy":
            arguments = [name, *arguments, wrong, wrong]
        case "value":
            arguments = [name, *arguments, random.choice(("--data", "--no-such"))]
        case _:
            arguments = [name]
    return Case("usage", tuple(arguments), f"{verb} as {arguments!r:.60}", invalid=True)


def _output(random: Random, home: Path) -> Case:
    """A folder for the results that cannot be one."""
    flags = {"--output", "--rtl", "--build"}
    verb = random.choice([verb for verb, arguments in COMMANDS.items() if flags & set(arguments)])
    arguments = list(COMMANDS[verb])
    (home / "loop").symlink_to("loop")
    where = random.choice(
        ("/dev/null", "/dev/null/x", "/proc/x", "board.toml", "board.toml/x/y", "loop", "x" * 300)
    )
    place = next(index for index, one in enumerate(arguments) if one in flags) + 1
    arguments[place] = where
    return Case("output", tuple(arguments), f"{verb} into {where:.40}", invalid=True)


def _addition(random: Random, home: Path) -> Case:
    """What a manifest tells of the sum of two feature maps."""
    path = home / FOLDER / "manifest.json"
    manifest = json.loads(path.read_text())
    invalid, done = break_additions(manifest, random)
    path.write_text(json.dumps(manifest))
    return Case("addition", COMMANDS[random.choice(READS_EXPORT)], done, invalid)


def _path(random: Random, home: Path) -> Case:
    """A name that harms, of a file that is there or of one that is not."""
    name, verb = random.choice(HOSTILE_NAMES), random.choice(list(COMMANDS))
    arguments = list(COMMANDS[verb])
    place = random.choice([
        index for index, one in enumerate(arguments) if index and not one.startswith(("--", "{", "0", "1"))
    ])  # fmt: skip
    before = arguments[place]
    if arguments[place - 1] in {"--output", "--rtl", "--build"} and name.startswith(("..", "/")):
        # Results go where a person wants them, also outside.
        name = HOSTILE_NAMES[0]
    possible = len(name) < 200 and "/" not in name and name not in {".", ".."}
    if (home / before).exists() and possible and random.random() < 0.5:
        (home / before).rename(home / name)
    arguments[place] = name
    return Case("path", tuple(arguments), f"{verb} with {name!r:.40} for {before}", invalid=False)


def _document(random: Random, home: Path) -> Case:
    file = random.choice([file for file in FILES if file.kind in {"record", "excerpt", "toml"}])
    path = home / file.path
    text = path.read_text()
    content: Any = tomllib.loads(text) if file.kind == "toml" else json.loads(text)
    content, invalid, done = broken(content, random, strict=file.kind != "excerpt")
    path.write_text(_toml(content) if file.kind == "toml" else json.dumps(content))
    return Case("document", COMMANDS[file.command], f"{file.path}: {done}", invalid)


def _toml(content: Any) -> str:
    """TOML of a table of tables; JSON's values are TOML's, but for null, NaN and tables in lines."""

    def value(entry: Any) -> str:
        if isinstance(entry, dict):
            return f"{{{', '.join(f'{json.dumps(key)} = {value(each)}' for key, each in entry.items())}}}"
        if isinstance(entry, list):
            return f"[{', '.join(map(value, entry))}]"
        text = "nothing" if entry is None else json.dumps(entry)
        return text.replace("NaN", "nan").replace("Infinity", "inf")

    return "\n".join(f"{json.dumps(key)} = {value(entry)}" for key, entry in content.items())


def _bytes(random: Random, home: Path) -> Case:
    file = random.choice(FILES)
    path = home / file.path
    before = path.read_bytes()
    how = random.choice((contents.flipped, contents.spliced, contents.truncated))
    path.write_bytes(how(before, random))
    shorter = how is contents.truncated and file.kind in WHOLE
    changed = path.read_bytes() != before and file.vouched_by != "nobody"
    return Case("bytes", COMMANDS[file.command], f"{file.path} {how.__name__}", shorter or changed)


def _place(random: Random, home: Path) -> Case:
    """Something else in the place of a file."""
    file = random.choice(FILES)
    what = random.choice(contents.SOMETHING_ELSE)
    contents.replace(home / file.path, what, random)
    # A training without a checkpoint begins anew, and a source that is trusted may hold any text.
    without = {"nothing", "link to nothing", "link to a long name"}
    trusted = file.kind == "text" and file.vouched_by == "nobody"
    optional = (file.path.endswith(".ckpt") and what in without) or (trusted and what == "empty")
    return Case("place", COMMANDS[file.command], f"{what} in the place of {file.path}", not optional)


def _unvouched(random: Random, home: Path) -> Case:
    """A changed file, which the manifest, or the design of an accelerator, does not vouch for."""
    file = random.choice([file for file in FILES if file.vouched_by != "nobody"])
    path = home / file.path
    path.write_bytes(contents.flipped(path.read_bytes(), random))
    done = f"{file.path} is not the file that the {file.vouched_by} tells"
    return Case("file that nothing vouches for", COMMANDS[file.command], done, invalid=True)


def _link(random: Random, home: Path) -> Case:
    """A link to the file itself, which a person may name, and which no folder from others may hold."""
    file = random.choice(FILES)
    path = home / file.path
    elsewhere = home / random.choice(("elsewhere", f"{file.path}.elsewhere"))
    path.rename(elsewhere)
    path.symlink_to(elsewhere if random.random() < 0.5 else os.path.relpath(elsewhere, path.parent))
    return Case("link", COMMANDS[file.command], f"{file.path} is a link", file.inside)


def _format(kind: str, random: Random, home: Path) -> Case:
    """A file of images or weights, broken in the ways of its format."""
    file = random.choice([file for file in FILES if file.kind == kind])
    path = home / file.path
    invalid = random.random() < 0.8
    change = random.choice(FORMATS[kind].invalid if invalid else FORMATS[kind].odd)
    path.write_bytes(change(path.read_bytes(), random))
    return Case(kind, COMMANDS[file.command], f"{file.path}: {change.__name__}", invalid)


def _weights_beside(random: Random, home: Path) -> Case:
    """A model whose weights should stand in another place than they do."""
    invalid, done = break_place(home / "large" / "model.onnx", random)
    return Case("weights beside a model", COMMANDS["hw-estimate of a large model"], done, invalid)


def _model(random: Random, home: Path) -> Case:
    """A changed model, which the manifest vouches for."""
    file: File = random.choice([file for file in FILES if file.kind == "onnx"])
    path = home / file.path
    model = onnx.load_model_from_string(path.read_bytes())
    invalid = random.random() < 0.2
    change = random.choice(models.INVALID if invalid else models.ODD)
    done = change(model, random)
    path.write_bytes(model.SerializeToString())
    if file.vouched_by == "manifest":
        vouch_for(path.parent)
    return Case("model", COMMANDS[file.command], f"{file.path}: {done}", invalid)


CLASSES: dict[str, Callable[[Random, Path], Case]] = {
    "option": _option,
    "choice": _choice,
    "usage": _usage,
    "output": _output,
    "addition": _addition,
    "path": _path,
    "document": _document,
    "bytes": _bytes,
    "place": _place,
    "model": _model,
    "file that nothing vouches for": _unvouched,
    "link": _link,
    "weights beside a model": _weights_beside,
    **{kind: partial(_format, kind) for kind in FORMATS},
}
"""Classes of bad inputs, each as likely as the others."""
