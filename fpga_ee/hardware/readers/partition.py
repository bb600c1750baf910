"""Partition files of fpgaConvNet, early-exit layers of its descendants included.

Two ways to say where a network exits are understood:

1. one partition with layers of the types SPLIT, BUFFER (``drop_mode``), GREATER and IF, as published
   early-exit work writes;
2. one partition per stage, as we write and fpgaConvNet can load: where a partition does not continue from
   the end of the one before, it continues from inside it, and what is behind that place is an exit. Its
   ``input_node`` names the layer that it continues from; where it does not, the one of the same shape.
"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.graph import (
    Convolution,
    Decision,
    FeatureMap,
    HardwareGraph,
    Layer,
    Linear,
    Pooling,
    Relu,
    Stage,
    Window,
)
from fpga_ee.hardware.readers.conditional import probability_table

Record = Mapping[str, Any]

NOTE = (
    "The design is read from a partition file, which holds fpgaConvNet's part of one only: requantisation is "
    "not in it, all words are taken for signed, the exit decision for top1 with our own table, and each "
    "early-exit unit for as wide as what feeds it. estimate.json holds the whole of a design of ours."
)

_COMPUTING = ("CONVOLUTION", "INNER_PRODUCT", "POOLING", "RELU")
_PLUMBING = ("SQUEEZE", "SPLIT", "BUFFER", "GREATER", "IF")


def read_partitions(path: Path) -> tuple[HardwareGraph, dict[str, Folding]]:
    """Read a partition file.

    Returns:
        The network without weights, and the folding of every layer by its name.

    Raises:
        FpgaEeError: The file is missing or not a partition file, or holds a layer that is not understood.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not content.get("partition"):
        raise FpgaEeError(f"{path} is not a fpgaConvNet partition file: it has no list of partitions")
    try:
        partitions = [partition["layers"] for partition in content["partition"]]
        for records in partitions:
            _check_acyclic(records)
        sources = [partition.get("input_node") for partition in content["partition"]]
        stages = (
            _from_early_exit_layers(partitions[0])
            if len(partitions) == 1
            else _from_forks(partitions, sources)
        )
        graph = HardwareGraph(
            path.stem, tuple(_stage(*stage, index) for index, stage in enumerate(stages)), (NOTE,)
        )
        records = [record for partition in partitions for record in partition if record["type"] in _COMPUTING]
        return graph, {str(record["name"]): _folding(record) for record in records}
    except FpgaEeError as error:
        raise FpgaEeError(f"{path}: {error}") from error
    except KeyError as error:
        raise FpgaEeError(f"{path} is not a fpgaConvNet partition file: {error} is missing") from error
    except (IndexError, TypeError, AttributeError) as error:
        raise FpgaEeError(f"{path} is not a fpgaConvNet partition file: {error}") from error


def _check_acyclic(records: Sequence[Record]) -> None:
    by_name = {str(record["name"]): record for record in records}
    ahead = {name: [one["name"] for one in _fed(by_name, record)] for name, record in by_name.items()}
    try:
        TopologicalSorter(ahead).prepare()
    except CycleError as error:
        raise FpgaEeError(f"its layers form a cycle: {' -> '.join(error.args[1][::-1])}") from error


def _from_early_exit_layers(records: Sequence[Record]) -> list[tuple[list[Record], list[Record]]]:
    """Follow the streams of one partition; backbone and exit of every stage, the last exit empty."""
    for record in records:
        if record["type"] not in (*_COMPUTING, *_PLUMBING):
            raise FpgaEeError(f"layer {record['name']} is of type {record['type']}, which is not supported")
    by_name = {str(record["name"]): record for record in records}
    stages: list[tuple[list[Record], list[Record]]] = []
    start: Record | None = records[0]
    while start is not None:
        backbone, branches = _run(by_name, start)
        exits = [branch for branch in branches if branch["type"] in _COMPUTING]
        buffers = [branch for branch in branches if branch["type"] == "BUFFER"]
        if branches and (len(exits), len(buffers)) != (1, 1):
            raise FpgaEeError(f"the fork behind {backbone[-1]['name']} must feed one exit and one buffer")
        stages.append((backbone, _run(by_name, exits[0])[0] if exits else []))
        start = next(iter(_following(by_name, buffers[0])), None) if buffers else None
    return stages


def _run(by_name: Mapping[str, Record], start: Record) -> tuple[list[Record], list[Record]]:
    """Computing layers from a record on up to a fork, and what the fork feeds."""
    layers: list[Record] = []
    record: Record | None = start
    while record is not None and record["type"] != "IF":
        if record["type"] in _COMPUTING:
            layers.append(record)
        ahead = _following(by_name, record)
        if len(ahead) > 1:
            return layers, ahead
        record = ahead[0] if ahead else None
    return layers, []


def _following(by_name: Mapping[str, Record], record: Record) -> list[Record]:
    """The records that a record feeds, behind their width converters."""
    fed = _fed(by_name, record)
    return [
        found for one in fed for found in (_following(by_name, one) if one["type"] == "SQUEEZE" else [one])
    ]


def _fed(by_name: Mapping[str, Record], record: Record) -> list[Record]:
    """The records that a record names; the last one of a chain names itself."""
    outgoing = record.get("node_out", [])
    names = [outgoing] if isinstance(outgoing, str) else outgoing
    return [by_name[name] for name in names if name in by_name and name != record["name"]]


def _from_forks(
    partitions: Sequence[Sequence[Record]], sources: Sequence[str | None]
) -> list[tuple[list[Record], list[Record]]]:
    """Cut every partition where the next one continues from; nothing is cut where that is its end."""
    stages: list[tuple[list[Record], list[Record]]] = []
    pending: list[Record] = []
    chains = [[record for record in layers if record["type"] in _COMPUTING] for layers in partitions]
    for index, chain in enumerate(chains):
        pending = pending + chain
        if index + 1 == len(chains):
            stages.append((pending, []))
            break
        ends = _named(pending, sources[index + 1]) or _shaped(pending, _shape(chains[index + 1][0], "in"))
        if len(ends) != 1:
            found = " or ".join(str(pending[place]["name"]) for place in ends) or "no layer"
            raise FpgaEeError(
                f"partition {index + 1} continues from {found} of partition {index}: name it as input_node"
            )
        cut = ends[0] + 1
        if cut < len(pending):
            stages.append((pending[:cut], pending[cut:]))
            pending = []
    return stages


def _named(chain: Sequence[Record], name: str | None) -> list[int]:
    return [place for place, record in enumerate(chain) if record["name"] == name]


def _shaped(chain: Sequence[Record], shape: tuple[int, int, int]) -> list[int]:
    """Where a chain has a shape; behind the ReLU where one follows, since it belongs to its layer."""
    return [
        place
        for place, (record, behind) in enumerate(zip(chain, [*chain[1:], None], strict=True))
        if _shape(record, "out") == shape and (behind is None or behind["type"] != "RELU")
    ]


def _stage(backbone: Sequence[Record], exit_: Sequence[Record], index: int) -> Stage:
    if exit_:
        layers = tuple(_layer(record) for record in exit_)
        leaving = layers[-1].output
        decision = Decision(f"decision.{index}", leaving, "top1", (probability_table(leaving.format),))
        return Stage(tuple(_layer(record) for record in backbone), layers, decision)
    # The last linear layer is the exit that all remaining samples take.
    if len(backbone) < 2:
        raise FpgaEeError("the last stage needs a layer before the one that gives the logits")
    return Stage(
        tuple(_layer(record) for record in backbone[:-1]), tuple(_layer(r) for r in backbone[-1:]), None
    )


def _layer(record: Record) -> Layer:
    parameters, name = record["parameters"], str(record["name"])
    width = parameters.get("input_width", parameters["data_width"])
    entering, leaving = _feature_map(parameters, "in", width), _feature_map(parameters, "out", width)
    match record["type"]:
        case "RELU":
            return Relu(name, entering, leaving)
        case "POOLING":
            return Pooling(name, entering, leaving, _window(name, parameters))
    weight = _word(parameters["weight_width"])
    bias = _word(parameters["biases_width"]) if parameters.get("has_bias") else None
    sums = _feature_map(parameters, "out", parameters["acc_width"])
    if record["type"] == "INNER_PRODUCT":
        return Linear(name, entering, sums, weight, bias)
    return Convolution(
        name, entering, sums, _window(name, parameters), weight, bias, parameters.get("groups", 1)
    )


def _window(name: str, parameters: Record) -> Window:
    kernel, stride = _pair(name, parameters, "kernel_size"), _pair(name, parameters, "stride")
    top, left, bottom, right = (
        parameters.get(f"pad_{side}", 0) for side in ("top", "left", "bottom", "right")
    )
    return Window(kernel, stride, (top, left, bottom, right))


def _pair(name: str, parameters: Record, key: str) -> tuple[int, int]:
    match parameters[key]:
        case [int(down), int(across)]:
            return down, across
    raise FpgaEeError(f"layer {name}: {key} {parameters[key]} is not two whole numbers, down and across")


def _folding(record: Record) -> Folding:
    parameters = record["parameters"]
    coarse_in = parameters.get("coarse_in", parameters.get("coarse"))
    coarse_out = parameters.get("coarse_out", parameters.get("coarse"))
    group = parameters.get("coarse_group", 1)
    return Folding(coarse_in, coarse_out, group, parameters.get("fine", 1))


def _feature_map(parameters: Record, side: str, width: int) -> FeatureMap:
    return FeatureMap(
        parameters[f"channels_{side}"], parameters[f"rows_{side}"], parameters[f"cols_{side}"], _word(width)
    )


def _shape(record: Record, side: str) -> tuple[int, int, int]:
    parameters = record["parameters"]
    return parameters[f"channels_{side}"], parameters[f"rows_{side}"], parameters[f"cols_{side}"]


def _word(bits: int) -> FixedPoint:
    return FixedPoint(bits, signed=True, frac=bits // 2)
