"""The export step: writes the files of ``build/<network>/`` (docs/design.md, "ONNX files")."""

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

import onnx
import onnx_ir as ir
from onnx import helper

from fpga_ee.artifacts import names
from fpga_ee.artifacts.formats import IMAGE, NetworkFormats
from fpga_ee.artifacts.identifiers import check_network_name
from fpga_ee.artifacts.manifest import (
    FIXED_POINT,
    FLOAT,
    Manifest,
    RuleRecord,
    StageRecord,
    TensorRecord,
    write_manifest,
)
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.conditional import StageGraphs, conditional_graph
from fpga_ee.export.decisions.decision_graph import Decision, decision_graph
from fpga_ee.export.joins import Batch, OneImage
from fpga_ee.export.network_graph import IR_VERSION, OPSET, network_graph
from fpga_ee.files.writing import replacing_together
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.weights import save_weights

_MAKERS = ("torch", "torchao", "onnx", "onnxscript", "onnxruntime", "fpga-ee")


def export(  # noqa: PLR0913 - each is a separate fact about what is exported
    network: EarlyExitNetwork,
    decisions: Sequence[Decision],
    formats: NetworkFormats | None,
    folder: Path,
    *,
    float_network: EarlyExitNetwork,
    name: str,
    source: str,
    measured: Measurement,
    data_set: str | None = None,
    batch: int = 1,
    warnings: tuple[str, ...] = (),
) -> None:
    """Write the files of one network, all of them or none.

    Args:
        network: The network to export, fixed-point or float.
        decisions: Decisions of every exit but the last: integer decisions for fixed point, rules for float.
        formats: The fixed-point formats; None for a float export.
        folder: The folder for the files.
        float_network: The network that ``network`` was quantized from (or itself); its weights are
            kept beside the files, so that they can be verified later.
        name: Name of the network.
        source: Source of the network: a known name or ``package.module:Class``.
        measured: Exit rates and accuracies of ``network``.
        data_set: Name of the data set that it was measured on; None for a user's own images.
        batch: Images at a time in the conditional model.
        warnings: Facts that a user must know.

    Raises:
        FpgaEeError: The network has no ONNX form or no name for files, the batch is not 1, or the
            folder cannot be written.
    """
    try:
        check_network_name(name)
    except ValueError as error:
        raise FpgaEeError(f"{error}; give its class another name") from error
    if batch != 1:
        raise FpgaEeError(
            f"a conditional model of batch {batch} cannot be exported: its images would leave at different "
            f"exits; use batch 1, or {names.batch_file(name)}, which takes any number of images"
        )
    model = network_graph(network)
    stages = [_stage_graphs(model, stage, decision) for stage, decision in enumerate([*decisions, None])]
    compose = partial(
        conditional_graph, stages, name=name, input_shape=network.input_shape, classes=_classes(model, 0)
    )
    graphs = {
        **_stage_files(stages),
        names.ALL_EXITS_FILE: _cut(
            model, "all_exits", names.IMAGE, *(names.logits(stage) for stage in range(len(stages)))
        ),
        names.conditional_file(name): compose(OneImage()),
        names.batch_file(name): compose(Batch()),
    }
    manifest = Manifest(
        network=name,
        source=source,
        data_set=data_set,
        arithmetic=FLOAT if formats is None else FIXED_POINT,
        input=TensorRecord(network.input_shape, None if formats is None else IMAGE),
        stages=_stage_records(network, decisions, formats, model),
        layers={} if formats is None else formats.layers,
        additions={} if formats is None else formats.additions,
        measured=measured,
        warnings=warnings,
        versions={maker: version(maker) for maker in _MAKERS},
        files=dict.fromkeys((*graphs, names.WEIGHTS_FILE), ""),
    )
    with replacing_together(folder, last=names.MANIFEST) as temporary:
        for file, graph in graphs.items():
            (temporary / file).write_bytes(_checked_model(graph).SerializeToString(deterministic=True))
        save_weights(float_network, temporary / names.WEIGHTS_FILE)
        write_manifest(temporary, manifest)


def _stage_graphs(model: ir.Model, stage: int, decision: Decision | None) -> StageGraphs:
    source, feature_map, logits = names.stage_input(stage), names.feature_map(stage), names.logits(stage)
    return StageGraphs(
        backbone=_cut(model, f"backbone_{stage}", source, feature_map),
        exit=_cut(model, f"exit_{stage}", feature_map, logits),
        decision=None if decision is None else decision_graph(decision, stage, _classes(model, stage)),
    )


def _cut(model: ir.Model, name: str, source: str, *targets: str) -> onnx.GraphProto:
    """Cut the graph between tensors out of the whole graph."""
    graph = ir.to_proto(ir.convenience.extract(model.graph, [source], targets))
    graph.name = name
    # Cutting collects constants in a set, but the same command must write the same bytes.
    graph.initializer.sort(key=lambda initializer: initializer.name)
    graph.value_info.sort(key=lambda value: value.name)
    return graph


def _stage_files(stages: Sequence[StageGraphs]) -> dict[str, onnx.GraphProto]:
    files = {}
    for index, stage in enumerate(stages):
        files[names.backbone_file(index)] = stage.backbone
        files[names.exit_file(index)] = stage.exit
        if stage.decision is not None:
            files[names.decision_file(index)] = stage.decision
    return files


def _stage_records(
    network: EarlyExitNetwork, decisions: Sequence[Decision], formats: NetworkFormats | None, model: ir.Model
) -> tuple[StageRecord, ...]:
    records = []
    for index, (shape, decision) in enumerate(
        zip(network.feature_map_shapes(), [*decisions, None], strict=True)
    ):
        rule = decision if decision is None or isinstance(decision, ExitRule) else decision.rule
        records.append(
            StageRecord(
                backbone=names.backbone_file(index),
                exit=names.exit_file(index),
                decision=None if rule is None else names.decision_file(index),
                feature_map=TensorRecord(shape, None if formats is None else formats.feature_maps[index]),
                logits=TensorRecord(
                    (_classes(model, index),), None if formats is None else formats.logits[index]
                ),
                rule=None if rule is None else RuleRecord(rule.criterion.name, rule.threshold),
            )
        )
    return tuple(records)


def _classes(model: ir.Model, stage: int) -> int:
    output = next(value for value in model.graph.outputs if value.name == names.logits(stage))
    classes = output.shape[1] if output.shape is not None else None
    if not isinstance(classes, int):
        raise FpgaEeError(f"exit {stage} must give [batch, classes], but it gives {output.shape}")
    return classes


def _checked_model(graph: onnx.GraphProto) -> onnx.ModelProto:
    model = helper.make_model(
        graph,
        producer_name="fpga_ee",
        producer_version=version("fpga-ee"),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(model, full_check=True)
    return model
