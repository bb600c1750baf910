"""Verification fails on any change of the exported files, and names image, exit and tensor.

The manifest's SHA-256 is brought up to date after each change, so that only the proof itself can notice.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from helpers.deploying import export_float, load, verified, vouch_for
from helpers.exported import Exported
from helpers.onnx_graphs import all_graphs, all_initializers, change_constant
from helpers.small_networks import Striped
from onnx import numpy_helper

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.verification.verify import Verification

SPLIT_FILES, CONDITIONAL, ALL_EXITS = "split files", "Deployed.onnx", "all_exits.onnx"
BATCH = "Deployed.batch.onnx"
BATCHES = [f"{BATCH}, by {size}" for size in (1, 7, 64, 256)]


@pytest.fixture
def verify_changed(
    exported: Exported, tmp_path: Path, validation_images: LabelledImages
) -> Callable[[Callable[[Path], None]], Verification]:
    """Change a copy of the exported files, and verify it."""

    def check(change: Callable[[Path], None]) -> Verification:
        folder = tmp_path / "changed"
        shutil.copytree(exported.folder, folder)
        change(folder)
        vouch_for(folder)
        return verified(load(exported.network, folder), validation_images.inputs())

    return check


def failing_runs(verification: Verification) -> set[str]:
    return {run.name for run in verification.runs if run.difference.images}


def test_what_was_not_changed_is_proven(
    verify_changed: Callable[[Callable[[Path], None]], Verification],
) -> None:
    verification = verify_changed(lambda _: None)
    assert verification.passed
    assert verification.exact
    assert failing_runs(verification) == set()
    assert min(verification.exit_counts) > 0, "every exit must be taken by some image"
    assert [(run.name, run.level) for run in verification.runs] == [
        ("PyTorch, early exit", None),
        *((run, "DISABLE_ALL") for run in (ALL_EXITS, SPLIT_FILES, CONDITIONAL, *BATCHES)),
        *((run, "ENABLE_ALL") for run in (ALL_EXITS, SPLIT_FILES, CONDITIONAL, *BATCHES)),
    ]


@pytest.mark.parametrize(
    ("file", "constant", "runs", "tensor"),
    [
        ("backbone_0.onnx", "backbone.0.layer.0.weight", {SPLIT_FILES}, "backbone.0.layer.0."),
        ("backbone_1.onnx", "backbone.1.weight", {SPLIT_FILES}, "backbone.1."),
        ("backbone_2.onnx", "backbone.2.1.bias", {SPLIT_FILES}, "backbone.2.1."),
        ("exit_0.onnx", "exits.0.1.weight", {SPLIT_FILES}, "exits.0.1."),
        ("exit_2.onnx", "exits.2.weight", {SPLIT_FILES}, "exits.2."),
    ],
)
def test_a_change_of_a_part_is_found_and_its_first_tensor_named(
    verify_changed: Callable[[Callable[[Path], None]], Verification],
    file: str,
    constant: str,
    runs: set[str],
    tensor: str,
) -> None:
    def change(folder: Path) -> None:
        change_constant(folder / file, constant, lambda values: values // 2 - 3)

    verification = verify_changed(change)

    assert not verification.passed
    assert failing_runs(verification) == runs
    assert verification.diagnosis is not None
    found = re.fullmatch(
        r".* differs from PyTorch on (\d+) of 100 images; the first is image (\d+), which leaves at exit "
        r"(\d) in PyTorch; the first tensor that differs is (\S+) in (\S+)",
        verification.diagnosis,
    )
    assert found, verification.diagnosis
    assert found[5] == file
    assert found[4].startswith(tensor)
    first = next(run for run in verification.runs if run.difference.images)
    assert (int(found[1]), int(found[2])) == (len(first.difference.images), first.difference.images[0])


@pytest.mark.parametrize("stage", [0, 1])
def test_a_decision_that_is_turned_round_is_found(
    verify_changed: Callable[[Callable[[Path], None]], Verification], stage: int
) -> None:
    def change(folder: Path) -> None:
        path = folder / f"decision_{stage}.onnx"
        model = onnx.load(path)
        next(node for node in model.graph.node if node.op_type == "Less").op_type = "Greater"
        path.write_bytes(model.SerializeToString())

    verification = verify_changed(change)
    assert failing_runs(verification) == {SPLIT_FILES, ALL_EXITS}
    assert verification.diagnosis is not None
    assert verification.diagnosis.endswith(f"is take_{stage} in decision_{stage}.onnx")


@pytest.mark.parametrize(
    ("file", "constant"),
    [
        ("decision_0.onnx", "decision_0.bound"),
        ("decision_0.onnx", "decision_0.exponentials"),
        ("decision_0.onnx", "decision_0.scale"),
        ("decision_1.onnx", "decision_1.weighted"),
        ("decision_1.onnx", "decision_1.bounds"),
        ("decision_1.onnx", "decision_1.step"),
    ],
)
def test_a_decision_by_other_constants_than_those_of_the_manifests_rule_is_refused(
    verify_changed: Callable[[Callable[[Path], None]], Verification], file: str, constant: str
) -> None:
    with pytest.raises(
        FpgaEeError, match=rf"{file} is not what manifest\.json says: {constant} is not the constant of"
    ):
        verify_changed(lambda folder: change_constant(folder / file, constant, lambda values: values + 1))


def test_a_single_weight_off_by_one_step_is_found(
    verify_changed: Callable[[Callable[[Path], None]], Verification],
) -> None:
    def change(folder: Path) -> None:
        def one_step(weights: np.ndarray) -> np.ndarray:
            weights.flat[4] += 1
            return weights

        change_constant(folder / "backbone_0.onnx", "backbone.0.layer.0.weight", one_step)

    verification = verify_changed(change)
    assert not verification.passed
    assert failing_runs(verification) == {SPLIT_FILES}


@pytest.mark.parametrize(
    ("file", "runs"), [(CONDITIONAL, {CONDITIONAL}), (ALL_EXITS, {ALL_EXITS}), (BATCH, set(BATCHES))]
)
def test_a_change_of_a_composed_model_only_is_found_in_it(
    verify_changed: Callable[[Callable[[Path], None]], Verification], file: str, runs: set[str]
) -> None:
    verification = verify_changed(
        lambda folder: change_constant(folder / file, "backbone.1.weight", lambda values: values // 2)
    )
    assert not verification.passed
    assert failing_runs(verification) == runs
    assert verification.diagnosis is not None
    assert verification.diagnosis.startswith(file)
    assert verification.diagnosis.endswith(f" in {file}")
    assert "tensor that differs is backbone.1." in verification.diagnosis


def test_swapped_exit_indices_are_found(
    verify_changed: Callable[[Callable[[Path], None]], Verification],
) -> None:
    def swap(folder: Path) -> None:
        path = folder / "Deployed.onnx"
        model = onnx.load(path)
        constants = {each.name: each for each in all_initializers(model.graph)}
        for name, index in (("exit_0.index", 1), ("exit_1.index", 0)):
            constants[name].CopyFrom(numpy_helper.from_array(np.array([index], np.int64), name))
        path.write_bytes(model.SerializeToString())

    verification = verify_changed(swap)
    assert not verification.passed
    assert failing_runs(verification) == {CONDITIONAL}
    differences = [run.difference for run in verification.runs if run.name == CONDITIONAL]
    early = verification.exit_counts[0] + verification.exit_counts[1]
    assert [(each.logits, each.labels, each.exit_indices) for each in differences] == [(0, 0, early)] * 2


def reversed_results(model: onnx.ModelProto, output: str) -> None:
    """Scatter the results of later stages in the opposite order."""
    scope, scatter = next(
        (graph, node)
        for graph in all_graphs(model.graph)
        for node in graph.node
        if node.op_type == "ScatterND" and node.output[0].endswith(output)
    )
    later = scatter.input[2]
    scatter.input[2] = "reversed"
    nodes = onnx.parser.parse_graph(
        """g (float[n] later) => (float[n] reversed)
           <int64[1] first = {-1}, int64[1] behind = {-1000}, int64[1] axis = {0}, int64[1] step = {-1}>
           { reversed = Slice(later, first, behind, axis, step) }"""
    )
    nodes.node[0].input[0] = later
    scope.initializer.extend(nodes.initializer)
    position = list(scope.node).index(scatter)
    scope.node.insert(position, nodes.node[0])


@pytest.mark.parametrize("output", ["logits", "exit_index"])
def test_results_that_a_batch_scatters_in_another_order_are_found(
    verify_changed: Callable[[Callable[[Path], None]], Verification], output: str
) -> None:
    def change(folder: Path) -> None:
        model = onnx.load(folder / BATCH)
        reversed_results(model, output)
        (folder / BATCH).write_bytes(model.SerializeToString())

    verification = verify_changed(change)
    assert not verification.passed
    assert failing_runs(verification) == set(BATCHES[1:]), "one image has no order"
    assert verification.diagnosis is not None
    assert verification.diagnosis.endswith("in fused kernels or in how the branches are joined")


class TestFloat:
    """A float export need not be equal in every bit, but its exits must be the same where that is sure."""

    @pytest.fixture
    def network(self) -> Striped:
        torch.manual_seed(3)
        return Striped()

    def halving(self, network: Striped, images: LabelledImages) -> list[ExitRule]:
        """A rule by which half of the images leave early, none of them near the threshold."""
        logits = logits_of(network.eval(), torch.from_numpy(images.inputs()))[0]
        measured = measure(TOP1, logits.double()).sort().values
        return [ExitRule(TOP1, float(measured[49:51].mean()))]

    def test_differences_are_reported_and_nothing_strays(
        self, network: Striped, tmp_path: Path, validation_images: LabelledImages
    ) -> None:
        export_float(network, self.halving(network, validation_images), tmp_path)
        verification = verified(load(network, tmp_path), validation_images.inputs())
        assert not verification.exact
        assert min(verification.exit_counts) > 10
        assert verification.passed
        assert verification.diagnosis is None
        assert max(run.difference.ulps for run in verification.runs) < 1000

    def test_an_image_at_the_threshold_is_counted_as_uncertain(
        self, network: Striped, tmp_path: Path, validation_images: LabelledImages
    ) -> None:
        images = validation_images.inputs()
        logits = logits_of(network.eval(), torch.from_numpy(images))[0]
        confidence = float(measure(TOP1, logits.double())[17])
        export_float(network, [ExitRule(TOP1, confidence)], tmp_path)
        verification = verified(load(network, tmp_path), images)
        assert 1 <= verification.uncertain < 10
        assert verification.passed

    def test_a_changed_weight_makes_images_stray(
        self, network: Striped, tmp_path: Path, validation_images: LabelledImages
    ) -> None:
        export_float(network, self.halving(network, validation_images), tmp_path)
        change_constant(tmp_path / "exit_0.onnx", "exits.0.1.weight", lambda values: values * -2)
        vouch_for(tmp_path)
        verification = verified(load(network, tmp_path), validation_images.inputs())
        assert verification.strays > 0
        assert not verification.passed

    def test_logits_that_rounding_does_not_explain_fail_even_where_all_exits_agree(
        self, network: Striped, tmp_path: Path, validation_images: LabelledImages
    ) -> None:
        export_float(network, self.halving(network, validation_images), tmp_path)
        for file in ("exit_1.onnx", "all_exits.onnx", "Deployed.onnx", "Deployed.batch.onnx"):
            change_constant(tmp_path / file, "exits.1.weight", lambda values: -values)
        vouch_for(tmp_path)
        verification = verified(load(network, tmp_path), validation_images.inputs())
        assert verification.strays == 0
        assert verification.apart == 100
        assert not verification.passed

    def test_logits_that_are_no_numbers_fail(
        self, network: Striped, tmp_path: Path, validation_images: LabelledImages
    ) -> None:
        export_float(network, self.halving(network, validation_images), tmp_path)
        change_constant(tmp_path / "exit_1.onnx", "exits.1.weight", lambda values: values * np.nan)
        vouch_for(tmp_path)
        verification = verified(load(network, tmp_path), validation_images.inputs())
        assert not verification.passed
        assert None in [run.difference.largest for run in verification.runs]


def test_a_model_with_another_input_is_refused_by_name(
    verify_changed: Callable[[Callable[[Path], None]], Verification],
) -> None:
    def rename_input(folder: Path) -> None:
        model = onnx.load(folder / "exit_0.onnx")
        name = model.graph.input[0].name
        model.graph.input[0].name = "other"
        for node in model.graph.node:
            node.input[:] = ["other" if source == name else source for source in node.input]
        (folder / "exit_0.onnx").write_bytes(model.SerializeToString())

    with pytest.raises(
        FpgaEeError,
        match=r"exit_0\.onnx is not what manifest\.json says: its inputs are other float "
        r"\[images, 4, 4, 4\], not feature_map_0 float \[images, 4, 4, 4\]; export again",
    ):
        verify_changed(rename_input)
