"""Partition files of fpgaConvNet: networks fork where they say, and unreadable ones are refused."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.networks import B_LENET_SE
from helpers.partition_files import design_a1, record

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.fpgaconvnet.partition_reader import read_partitions
from fpga_ee.hardware.fpgaconvnet.partition_writer import write_partitions
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.search.estimated_design import EstimatedDesign, estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.search.space_graph import space_graph


class TestForks:
    """An exit that begins with a layer of the feature map's shape: only the file can tell where it begins."""

    @pytest.fixture
    def written(self, tmp_path: Path) -> Path:
        first, last = B_LENET_SE.stages
        entering = first.feature_map
        window = Window((3, 3), padding=(1, 1, 1, 1))
        same = Convolution("same", entering, entering, window, FixedPoint(7, signed=True, frac=6), None)
        graph = HardwareGraph("same", (replace(first, exit=chain_of((same, *first.exit))), last))
        nodes = space_graph(graph, [0.25], FPGACONVNET, [2])
        path = tmp_path / "partitions.json"
        write_partitions(path, estimated(graph, FPGACONVNET, nodes, given_design(nodes, {})))
        return path

    def test_the_layer_that_is_named_is_the_fork(self, written: Path) -> None:
        graph, _ = read_partitions(written)
        assert graph.stages[0].backbone.layers[-1].name == "backbone.0.layer.2"
        assert graph.stages[0].exit.layers[0].name == "same"

    def test_without_its_name_it_is_not_guessed(self, written: Path) -> None:
        content = json.loads(written.read_text())
        del content["partition"][1]["input_node"]
        written.write_text(json.dumps(content))
        with pytest.raises(FpgaEeError, match=r"continues from backbone\.0\.layer\.2 or same of partition 0"):
            read_partitions(written)

    def test_without_its_name_a_shape_that_is_there_once_is_enough(
        self, published_design: EstimatedDesign, tmp_path: Path
    ) -> None:
        path = tmp_path / "partitions.json"
        write_partitions(path, published_design)
        content = json.loads(path.read_text())
        for partition in content["partition"]:
            del partition["input_node"]
        path.write_text(json.dumps(content))
        assert read_partitions(path)[0].stages == published_design.graph.stages

    def test_a_place_that_is_not_there(self, written: Path) -> None:
        content = json.loads(written.read_text())
        content["partition"][1] |= {"input_node": ""}
        content["partition"][1]["layers"][0]["parameters"] |= {"rows_in": 3}
        written.write_text(json.dumps(content))
        with pytest.raises(FpgaEeError, match="partition 1 continues from no layer of partition 0"):
            read_partitions(written)


class TestBadPartitionFiles:
    def test_a_layer_that_is_not_known(self, tmp_path: Path) -> None:
        content = design_a1()
        content["partition"][0]["layers"][2]["type"] = "SWISH"
        with pytest.raises(FpgaEeError, match="layer relu0 is of type SWISH, which is not supported"):
            self.read(tmp_path, content)

    @pytest.mark.parametrize("content", [{"layers": []}, [], {"partition": []}, {"partition": None}, 3])
    def test_something_else(self, tmp_path: Path, content: object) -> None:
        with pytest.raises(FpgaEeError, match=r"is not a fpgaConvNet partition file: (partition|it) "):
            self.read(tmp_path, content)

    @pytest.mark.parametrize("partition", [{"id": 0}, {"id": 0, "layers": []}])
    def test_a_partition_without_layers(self, tmp_path: Path, partition: object) -> None:
        with pytest.raises(FpgaEeError, match=r"partition\[0\]\.layers (is missing|must have more entries)"):
            self.read(tmp_path, {"partition": [partition]})

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("data_width", 100, "must be at most 64, not 100"),
            ("groups", 0, "must be at least 1, not 0"),
            ("channels_in", 3.0, "must be a whole number, not 3.0"),
            ("pad_top", 2**31, "must be at most 1024"),
            ("rows_in", True, "must be a whole number, not True"),
            ("fine", None, "must be a whole number, not None"),
        ],
    )
    def test_a_parameter_that_no_layer_has(
        self, tmp_path: Path, key: str, value: object, message: str
    ) -> None:
        content = design_a1()
        content["partition"][0]["layers"][0]["parameters"][key] = value
        with pytest.raises(FpgaEeError, match=rf"layers\[0\]\.parameters\.{key} {message}"):
            self.read(tmp_path, content)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"groups": 3}, "layer conv0: 3 groups do not divide 1 channels and 5 filters"),
            ({"coarse_in": None}, "layer conv0 does not tell coarse_in and coarse_out"),
            ({"rows_out": 31}, "layer conv0 gives 31 x 32 words a channel, but its window 32 x 32"),
            ({"channels_in": None}, "layer conv0 does not tell channels_in: add it"),
            ({"kernel_size": [100, 100]}, "layer conv0 gives 32 x 32 words a channel, but its window -63 x"),
        ],
    )
    def test_parameters_that_do_not_belong_together(
        self, tmp_path: Path, change: dict[str, object], message: str
    ) -> None:
        content = design_a1()
        content["partition"][0]["layers"][0]["parameters"] |= change
        with pytest.raises(FpgaEeError, match=message):
            self.read(tmp_path, content)

    @pytest.mark.parametrize(
        ("layer", "change", "message"),
        [
            ("conv0", {"channels_out": 7}, "takes 5x32x32, but conv0 gives 7x32x32"),
            ("conv1", {"channels_in": 9}, "layer conv1 takes 9x"),
        ],
    )
    def test_layers_that_do_not_take_what_those_before_give(
        self, tmp_path: Path, layer: str, change: dict[str, object], message: str
    ) -> None:
        content = design_a1()
        (found,) = [each for each in content["partition"][0]["layers"] if each["name"] == layer]
        found["parameters"] |= change
        with pytest.raises(FpgaEeError, match=message):
            self.read(tmp_path, content)

    def test_two_layers_of_one_name(self, tmp_path: Path) -> None:
        content = design_a1()
        content["partition"][0]["layers"][1]["name"] = "conv0"
        with pytest.raises(FpgaEeError, match="two layers of a partition have the same name"):
            self.read(tmp_path, content)

    @pytest.mark.parametrize(
        ("layer", "after", "cycle"),
        [
            ("relu3", "conv2", "conv2 -> pool2 -> relu2 -> conv3 -> pool3 -> relu3 -> conv2"),
            ("wide0", "relu0", "relu0 -> wide0 -> relu0"),
        ],
    )
    def test_a_cycle(self, tmp_path: Path, layer: str, after: str, cycle: str) -> None:
        content = design_a1()
        record = next(one for one in content["partition"][0]["layers"] if one["name"] == layer)
        record["node_out"] = [after]
        with pytest.raises(FpgaEeError, match="its layers form a cycle: ") as raised:
            self.read(tmp_path, content)
        first, *rest = str(raised.value).rpartition(": ")[2].split(" -> ")
        assert rest[-1] == first
        assert set(rest) == set(cycle.split(" -> "))

    @pytest.mark.parametrize("key", ["kernel_size", "stride"])
    @pytest.mark.parametrize("value", [[5], 5, ["5", "5"], [0, 0], [1, 2, 3]])
    def test_a_window_of_another_form(self, tmp_path: Path, key: str, value: object) -> None:
        content = design_a1()
        content["partition"][0]["layers"][0]["parameters"][key] = value
        with pytest.raises(FpgaEeError, match=rf"parameters\.{key}.* (must|is missing)"):
            self.read(tmp_path, content)

    def test_a_folding_that_does_not_divide(self, tmp_path: Path) -> None:
        content = design_a1()
        content["partition"][0]["layers"][0]["parameters"]["coarse_out"] = 3
        graph, foldings = self.read(tmp_path, content)
        with pytest.raises(FpgaEeError, match="conv0 cannot be folded by coarse in 1, out 3"):
            given_design(space_graph(graph, [0.25], FPGACONVNET, [2]), foldings)

    @pytest.mark.parametrize("times", [1, 2])
    def test_many_width_converters_in_a_row(self, tmp_path: Path, times: int) -> None:
        content = design_a1()
        layers = content["partition"][0]["layers"]
        layers[0]["node_out"] = ["wider0"]
        names = [*(f"wider{index}" for index in range(3000)), "pool0"]
        layers += [record(name, "SQUEEZE", [], [after] * times) for name, after in pairwise(names)]
        if times == 1:
            assert self.read(tmp_path, content) == self.read(tmp_path, design_a1())
        else:
            with pytest.raises(FpgaEeError, match="layer conv0 feeds pool0 twice: name it once in node_out"):
                self.read(tmp_path, content)

    def read(self, folder: Path, content: object) -> object:
        path = folder / "partition.json"
        path.write_text(json.dumps(content))
        return read_partitions(path)
