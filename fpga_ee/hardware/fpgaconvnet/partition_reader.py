"""Reads partition files of fpgaConvNet, and early-exit layers of its descendants.

Two ways to describe exits are understood:

1. one partition with layers of the types SPLIT, BUFFER (``drop_mode``), GREATER and IF, as published
   early-exit work writes;
2. one partition per stage, as we write and fpgaConvNet can load. A partition continues either from the end of
   the one before, or from inside it; in the second case, the layers after that place are an exit. A
   partition's ``input_node`` names the layer that it continues from. Without it, that is the layer of the
   same shape.
"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from annotated_types import Len

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import excerpt, read_record
from fpga_ee.hardware.fpgaconvnet.layer_kinds import RecordForm
from fpga_ee.hardware.fpgaconvnet.layers import KINDS
from fpga_ee.hardware.fpgaconvnet.partition_records import Record
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Decision, HardwareGraph, Stage
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.readers.conditional_model import probability_table

NOTE = (
    "The design is read from a partition file, which holds only a part of a design: it has no "
    "requantisation; all words are taken as signed, the exit decision as top1 with our own table, and each "
    "early-exit unit as wide as the layer before it. estimate.json holds the whole of our designs."
)

_COMPUTING: dict[str, RecordForm] = {
    kind.record.type: kind.record for kind in KINDS.values() if kind.record is not None
}
_PLUMBING = ("SQUEEZE", "SPLIT", "BUFFER", "GREATER", "IF")


@excerpt
class _Partition:
    """A partition: the layers of a chain, and the layer that it continues from."""

    layers: Annotated[tuple[Record, ...], Len(1)]
    input_node: str | None = None


@excerpt
class _PartitionFile:
    """A partition file."""

    partition: Annotated[tuple[_Partition, ...], Len(1)]


def read_partitions(path: Path) -> tuple[HardwareGraph, dict[str, Folding]]:
    """Read a partition file.

    Returns:
        The network without weights, and the folding of every layer, by name.

    Raises:
        FpgaEeError: The file is missing or is no partition file, or it holds a layer that is not understood.
    """
    partitions = read_record(_PartitionFile, path, "a fpgaConvNet partition file", "correct it").partition
    try:
        for partition in partitions:
            _check_acyclic(partition.layers)
        stages = (
            _from_early_exit_layers(partitions[0].layers) if len(partitions) == 1 else _from_forks(partitions)
        )
        graph = HardwareGraph(
            path.stem, tuple(_stage(*stage, index) for index, stage in enumerate(stages)), (NOTE,)
        )
        records = [record for partition in partitions for record in partition.layers]
        return graph, {record.name: record.folding for record in records if record.type in _COMPUTING}
    except FpgaEeError as error:
        raise FpgaEeError(f"{path}: {error}") from error


def _check_acyclic(records: Sequence[Record]) -> None:
    by_name = {record.name: record for record in records}
    if len(by_name) != len(records):
        raise FpgaEeError("two layers of a partition have the same name: give each its own")
    ahead = {name: [one.name for one in _fed(by_name, record)] for name, record in by_name.items()}
    try:
        TopologicalSorter(ahead).prepare()
    except CycleError as error:
        raise FpgaEeError(f"its layers form a cycle: {' -> '.join(error.args[1][::-1])}") from error


def _from_early_exit_layers(records: Sequence[Record]) -> list[tuple[list[Record], list[Record]]]:
    """Follow the streams of one partition.

    Returns:
        Backbone and exit of every stage; the last exit is empty.
    """
    for record in records:
        if record.type not in (*_COMPUTING, *_PLUMBING):
            raise FpgaEeError(f"layer {record.name} is of type {record.type}, which is not supported")
    by_name = {record.name: record for record in records}
    stages: list[tuple[list[Record], list[Record]]] = []
    start: Record | None = records[0]
    while start is not None:
        backbone, branches = _run(by_name, start)
        exits = [branch for branch in branches if branch.type in _COMPUTING]
        buffers = [branch for branch in branches if branch.type == "BUFFER"]
        if branches and (len(exits), len(buffers)) != (1, 1):
            raise FpgaEeError(f"the fork behind {backbone[-1].name} must feed one exit and one buffer")
        stages.append((backbone, _run(by_name, exits[0])[0] if exits else []))
        start = next(iter(_following(by_name, buffers[0])), None) if buffers else None
    return stages


def _run(by_name: Mapping[str, Record], start: Record) -> tuple[list[Record], list[Record]]:
    """List the computing layers from a record up to a fork, and the records that the fork feeds."""
    layers: list[Record] = []
    record: Record | None = start
    while record is not None and record.type != "IF":
        if record.type in _COMPUTING:
            layers.append(record)
        ahead = _following(by_name, record)
        if len(ahead) > 1:
            return layers, ahead
        record = ahead[0] if ahead else None
    return layers, []


def _following(by_name: Mapping[str, Record], record: Record) -> list[Record]:
    """List the records that a record feeds, after their width converters.

    Raises:
        FpgaEeError: It feeds a record twice.
    """
    found: list[Record] = []
    passed: set[str] = set()
    waiting = _fed(by_name, record)[::-1]
    while waiting:
        one = waiting.pop()
        # Every repetition would double the paths to the records after it.
        if one.name in passed:
            raise FpgaEeError(f"layer {record.name} feeds {one.name} twice: name it once in node_out")
        passed.add(one.name)
        if one.type == "SQUEEZE":
            waiting += _fed(by_name, one)[::-1]
        else:
            found.append(one)
    return found


def _fed(by_name: Mapping[str, Record], record: Record) -> list[Record]:
    """List the records that a record names; the last record of a chain names itself."""
    names = [record.node_out] if isinstance(record.node_out, str) else record.node_out
    return [by_name[name] for name in names if name in by_name and name != record.name]


def _from_forks(partitions: Sequence[_Partition]) -> list[tuple[list[Record], list[Record]]]:
    """Cut every partition where the next one continues from it, unless that is its end."""
    stages: list[tuple[list[Record], list[Record]]] = []
    pending: list[Record] = []
    chains = [[record for record in one.layers if record.type in _COMPUTING] for one in partitions]
    for index, chain in enumerate(chains):
        pending = pending + chain
        if index + 1 == len(chains):
            stages.append((pending, []))
            break
        if not chains[index + 1]:
            raise FpgaEeError(f"partition {index + 1} holds no layer that computes")
        ends = _named(pending, partitions[index + 1].input_node) or _shaped(
            pending, chains[index + 1][0].shape("in")
        )
        if len(ends) != 1:
            found = " or ".join(pending[place].name for place in ends) or "no layer"
            raise FpgaEeError(
                f"partition {index + 1} continues from {found} of partition {index}: name it as input_node"
            )
        cut = ends[0] + 1
        if cut < len(pending):
            stages.append((pending[:cut], pending[cut:]))
            pending = []
    return stages


def _named(chain: Sequence[Record], name: str | None) -> list[int]:
    return [place for place, record in enumerate(chain) if record.name == name]


def _shaped(chain: Sequence[Record], shape: tuple[int, int, int]) -> list[int]:
    """Find the places where a chain has a shape.

    An activation function counts instead of the layer before it.
    """
    return [
        place
        for place, (record, behind) in enumerate(zip(chain, [*chain[1:], None], strict=True))
        if record.shape("out") == shape and not (behind and _COMPUTING[behind.type].is_activation)
    ]


def _stage(backbone: Sequence[Record], exit_: Sequence[Record], index: int) -> Stage:
    passed, leaving = _chain(backbone), _chain([*backbone[-1:], *exit_])[1:]
    if exit_:
        logits = leaving[-1].output
        decision = Decision(f"decision.{index}", logits, TOP1.name, (probability_table(logits.format),))
        return Stage(chain_of(passed), chain_of(leaving), decision)
    # The last linear layer is the exit that all remaining samples take.
    if len(backbone) < 2:
        raise FpgaEeError("the last stage needs a layer before the one that gives the logits")
    return Stage(chain_of(passed[:-1]), chain_of(passed[-1:]), None)


def _chain(records: Sequence[Record]) -> tuple[Layer, ...]:
    """Read layers one after another; each takes the feature map that the one before gives.

    Raises:
        FpgaEeError: A layer takes another feature map.
    """
    forms = [_COMPUTING[record.type] for record in records]
    layers = tuple(form.read(record) for form, record in zip(forms, records, strict=True))
    for (before, layer), form in zip(pairwise(layers), forms[1:], strict=True):
        given, taken = before.output, layer.inputs[0]
        same = (given.channels, given.rows, given.cols) == (taken.channels, taken.rows, taken.cols)
        if not same and not (form.flattens and given.words == taken.words):
            raise FpgaEeError(
                f"layer {layer.name} takes {taken.channels}x{taken.rows}x{taken.cols}, but {before.name} "
                f"gives {given.channels}x{given.rows}x{given.cols}"
            )
    return layers
