"""The exported files as a table."""

from pathlib import Path

from rich.table import Table

from fpga_ee.artifacts.manifest import Manifest, RuleRecord, TensorRecord
from fpga_ee.artifacts.names import ALL_EXITS_FILE, feature_map, logits, stage_input, take
from fpga_ee.artifacts.rules.criteria import criterion_named
from fpga_ee.reporting.text import exit_rule, shape


def export_table(folder: Path, manifest: Manifest) -> Table:
    """Show every ONNX file with its inputs and outputs."""
    table = Table(title=f"{manifest.network}: {manifest.arithmetic} ONNX files in {folder}")
    for heading in ("file", "input", "output"):
        table.add_column(heading)
    table.add_column("bytes", justify="right")
    image = _tensor("image", manifest.input)
    source = image
    rows = []
    for index, stage in enumerate(manifest.stages):
        here, scores = _tensor(feature_map(index), stage.feature_map), _tensor(logits(index), stage.logits)
        rows += [(stage.backbone, source, here), (stage.exit, here, scores)]
        if stage.decision is not None and stage.rule is not None:
            rows.append((stage.decision, logits(index), f"{take(index)}: {_rule(stage.rule)}"))
        source = stage_input(index + 1)
    every_exit = ", ".join(logits(index) for index in range(len(manifest.stages)))
    rows += [
        (ALL_EXITS_FILE, "image", every_exit),
        (manifest.conditional, "image", "logits, exit_index, label"),
        (manifest.batch, "image", "logits, exit_index, label"),
    ]
    for file, before, after in rows:
        table.add_row(file, before, after, f"{(folder / file).stat().st_size:,}")
    return table


def _tensor(name: str, tensor: TensorRecord) -> str:
    format_ = "float32" if tensor.format is None else str(tensor.format)
    return f"{name} {shape(tensor.shape)} {format_}"


def _rule(rule: RuleRecord) -> str:
    return exit_rule(criterion_named(rule.criterion), rule.threshold)
