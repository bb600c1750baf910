"""Folders of `fpga-ee export`: the hardware graph is the network in their files."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.networks import B_LENET_SE, same_network

from fpga_ee.artifacts.manifest import Manifest, load_manifest, write_manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.graph import HardwareGraph, Table
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.readers.exported import late_rates, read_export


@pytest.mark.slow
class TestExport:
    def test_the_graph_has_the_layers_of_the_network(self, exported: Path) -> None:
        assert same_network(read_export(exported)[0], B_LENET_SE)

    def test_layers_have_the_names_formats_and_integers_of_the_files(self, exported: Path) -> None:
        graph, manifest = read_export(exported)
        layer = graph.stages[1].exit.layers[0]
        assert isinstance(layer, Linear)
        formats = manifest.layers[layer.name]
        assert (layer.name, layer.weight_format, layer.input.format) == (
            "exits.1.0",
            formats.weight,
            formats.input,
        )
        assert layer.weight is not None
        assert layer.weight.dtype == np.int8
        assert layer.weight.shape == (10, 720)

    def test_no_sum_can_exceed_its_accumulator_and_one_bit_less_would_not_do(self, exported: Path) -> None:
        for stage in read_export(exported)[0].stages:
            for layer in stage.layers:
                if getattr(layer, "weight", None) is None:
                    continue
                weight = np.abs(layer.weight.astype(np.int64)).reshape(len(layer.weight), -1)
                largest = (weight.sum(axis=1) * layer.input.format.magnitude + np.abs(layer.bias)).max()
                assert layer.output.format.high >= largest > layer.output.format.high // 2

    def test_the_decision_has_the_tables_of_the_file(self, exported: Path) -> None:
        decision = read_export(exported)[0].stages[0].decision
        assert decision is not None
        assert decision.tables == (Table(entries=190, bits=17),)
        assert decision.input.channels == 10

    def test_late_rates_are_those_that_were_measured(self, exported: Path) -> None:
        assert late_rates(load_manifest(exported)) == (0.25,)

    def test_an_altered_file_is_refused(self, exported: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(exported, tmp_path / "copy"))
        (folder / "exit_0.onnx").write_bytes(b"altered")
        with pytest.raises(FpgaEeError, match=r"exit_0\.onnx .*SHA-256 differs"):
            read_export(folder)

    def test_a_truncated_file_is_refused_even_where_the_manifest_agrees(
        self, exported: Path, tmp_path: Path
    ) -> None:
        folder = Path(shutil.copytree(exported, tmp_path / "copy"))
        content = (folder / "exit_0.onnx").read_bytes()
        (folder / "exit_0.onnx").write_bytes(content[: len(content) // 2])
        write_manifest(folder, load_unchecked(exported))
        with pytest.raises(
            FpgaEeError, match=r"exit_0\.onnx is truncated or not an ONNX file: export it again"
        ):
            read_export(folder)


def load_unchecked(folder: Path) -> Manifest:
    manifest = load_manifest(folder)
    return replace(manifest, files=dict.fromkeys(manifest.files, ""))


def test_a_stage_is_made_of_layers() -> None:
    """Guards the comparison of these tests: different networks must not look the same."""
    first = B_LENET_SE.stages[0]
    cut = replace(first, backbone=chain_of(first.backbone.layers[:1]))
    shorter = HardwareGraph("", (cut, B_LENET_SE.stages[1]))
    assert not same_network(shorter, B_LENET_SE)
