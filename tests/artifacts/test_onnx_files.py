"""ONNX files take no more memory or time than networks need, and read no file that is not theirs."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts import onnx_files
from fpga_ee.artifacts.onnx_files import exported_bytes, read_exported, read_foreign
from fpga_ee.artifacts.running import Level, load
from fpga_ee.errors import FpgaEeError

WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3)
OTHER = -WEIGHT


def outside(location: str, **entries: int) -> TensorProto:
    """A weight whose values stand in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2, 3])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def run(folder: Path, name: str) -> object:
    return load(folder / name, Level.ENABLE_ALL)


def graph_of(weight: TensorProto) -> onnx.GraphProto:
    return helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [weight],
    )


def saved(path: Path, graph: onnx.GraphProto) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


class TestWeightsInOtherFiles:
    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The folder that the command is called in has a file of that name too."""
        (tmp_path / "here").mkdir()
        (tmp_path / "here" / "w.bin").write_bytes(OTHER.tobytes())
        monkeypatch.chdir(tmp_path / "here")

    @pytest.mark.parametrize("read", [read_exported, exported_bytes, run])
    def test_an_export_has_none(self, tmp_path: Path, read: Callable[[Path, str], object]) -> None:
        path = saved(tmp_path / "export" / "model.onnx", graph_of(outside("w.bin")))
        (path.parent / "w.bin").write_bytes(WEIGHT.tobytes())
        with pytest.raises(
            FpgaEeError, match=r"model\.onnx has the weights 'w' in another file, which no export"
        ):
            read(path.parent, path.name)

    def test_a_model_from_elsewhere_has_them_beside_it(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "model" / "model.onnx", graph_of(outside("w.bin")))
        (path.parent / "w.bin").write_bytes(WEIGHT.tobytes())
        weight = numpy_helper.to_array(read_foreign(path).graph.initializer[0])
        np.testing.assert_array_equal(weight, WEIGHT)

    def test_they_may_be_a_part_of_a_file(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "model" / "model.onnx", graph_of(outside("w.bin", offset=4, length=24)))
        (path.parent / "w.bin").write_bytes(b"head" + WEIGHT.tobytes() + b"tail")
        weight = numpy_helper.to_array(read_foreign(path).graph.initializer[0])
        np.testing.assert_array_equal(weight, WEIGHT)

    def test_those_of_the_current_folder_are_not_taken(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "model" / "model.onnx", graph_of(outside("w.bin")))
        with pytest.raises(FpgaEeError, match=r"cannot read .*model/w\.bin: No such file"):
            read_foreign(path)

    @pytest.mark.parametrize("location", ["../here/w.bin", "/etc/hostname", "", ".", "sub/w.bin"])
    def test_those_of_other_folders_are_not_taken(self, tmp_path: Path, location: str) -> None:
        path = saved(tmp_path / "model" / "model.onnx", graph_of(outside(location)))
        with pytest.raises(FpgaEeError, match="is not the name of a file in"):
            read_foreign(path)

    def test_links_are_not_followed(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "model" / "model.onnx", graph_of(outside("w.bin")))
        (path.parent / "w.bin").symlink_to(tmp_path / "here" / "w.bin")
        with pytest.raises(FpgaEeError, match=r"w\.bin is a link"):
            read_foreign(path)

    @pytest.mark.parametrize("entries", [{"offset": 4}, {"length": 10**12}, {"offset": -1}, {"length": -1}])
    def test_a_part_that_the_file_does_not_have_is_refused(
        self, tmp_path: Path, entries: dict[str, int]
    ) -> None:
        path = saved(
            tmp_path / "model" / "model.onnx", graph_of(outside("w.bin", **({"length": 24} | entries)))
        )
        (path.parent / "w.bin").write_bytes(WEIGHT.tobytes())
        with pytest.raises(FpgaEeError, match=r"the weights 'w' should be .* and their file has 24"):
            read_foreign(path)

    def test_they_are_not_larger_than_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(onnx_files, "MOST_EXTERNAL", 40)
        graph = graph_of(outside("w.bin"))
        graph.initializer.append(outside("w.bin"))
        path = saved(tmp_path / "model" / "model.onnx", graph)
        (path.parent / "w.bin").write_bytes(WEIGHT.tobytes())
        with pytest.raises(FpgaEeError, match="has more than 40 bytes of weights"):
            read_foreign(path)

    def test_their_files_are_not_larger_than_memory_together(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(onnx_files, "MOST_EXTERNAL", 100)
        graph = graph_of(outside("w.bin", length=24))
        graph.initializer.append(outside("v.bin", length=24))
        path = saved(tmp_path / "model" / "model.onnx", graph)
        (path.parent / "w.bin").write_bytes(WEIGHT.tobytes().ljust(60))
        (path.parent / "v.bin").write_bytes(WEIGHT.tobytes().ljust(60))
        with pytest.raises(
            FpgaEeError, match=r"v\.bin has 60 bytes.*model\.onnx .* may have 100 bytes together"
        ):
            read_foreign(path)


def chain(count: int) -> onnx.GraphProto:
    graph = graph_of(numpy_helper.from_array(WEIGHT, "w"))
    names = ["y", *(f"y{index}" for index in range(count))]
    graph.node.extend(helper.make_node("Relu", [a], [b]) for a, b in pairwise(names))
    return graph


class TestSizes:
    def test_thousands_of_nodes_are_read(self, tmp_path: Path) -> None:
        assert len(read_foreign(saved(tmp_path / "model.onnx", chain(3_000))).graph.node) == 3_001

    def test_more_than_networks_have_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FpgaEeError, match=r"model\.onnx has more than 20,000 nodes and constants"):
            read_foreign(saved(tmp_path / "model.onnx", chain(20_000)))

    def test_a_tensor_that_is_announced_larger_than_memory_is_refused(self, tmp_path: Path) -> None:
        graph = graph_of(numpy_helper.from_array(WEIGHT, "w"))
        shape = helper.make_tensor("shape", TensorProto.INT64, [2], [1 << 20, 1 << 20])
        graph.initializer.append(shape)
        graph.node.append(helper.make_node("ConstantOfShape", ["shape"], ["huge"]))
        with pytest.raises(FpgaEeError, match=r"the tensor 'huge' has 1,099,511,627,776 words"):
            read_exported(tmp_path, saved(tmp_path / "model.onnx", graph).name)

    def test_what_repeats_is_refused(self, tmp_path: Path) -> None:
        body = helper.make_graph(
            [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Relu", ["a"], ["b"])],
            "body",
            [
                helper.make_tensor_value_info("i", TensorProto.INT64, []),
                helper.make_tensor_value_info("go", TensorProto.BOOL, []),
                helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 3]),
            ],
            [
                helper.make_tensor_value_info("on", TensorProto.BOOL, []),
                helper.make_tensor_value_info("b", TensorProto.FLOAT, [1, 3]),
            ],
        )
        graph = graph_of(numpy_helper.from_array(WEIGHT, "w"))
        graph.initializer.append(helper.make_tensor("times", TensorProto.INT64, [], [1 << 60]))
        graph.node.append(helper.make_node("Loop", ["times", "", "y"], ["z"], name="loop", body=body))
        with pytest.raises(FpgaEeError, match=r"Loop loop repeats"):
            read_exported(tmp_path, saved(tmp_path / "model.onnx", graph).name)

    def test_operators_of_its_own_are_refused(self, tmp_path: Path) -> None:
        model = helper.make_model(
            graph_of(numpy_helper.from_array(WEIGHT, "w")), opset_imports=[helper.make_opsetid("", 21)]
        )
        model.functions.append(
            helper.make_function("", "Own", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], [])
        )
        (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
        with pytest.raises(FpgaEeError, match="defines operators of its own, such as 'Own'"):
            read_foreign(tmp_path / "model.onnx")

    @pytest.mark.parametrize("kind", [99, 1000])
    def test_a_tensor_of_an_unknown_type_is_refused(self, tmp_path: Path, kind: int) -> None:
        weight = numpy_helper.from_array(WEIGHT, "w")
        weight.data_type = kind
        path = saved(tmp_path / "model.onnx", graph_of(weight))
        with pytest.raises(FpgaEeError, match=f"the tensor 'w' has the data type {kind}, which is none of"):
            read_foreign(path)

    def test_sparse_weights_are_refused(self, tmp_path: Path) -> None:
        graph = graph_of(numpy_helper.from_array(WEIGHT, "w"))
        values = helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0])
        indices = helper.make_tensor("i", TensorProto.INT64, [1], [0])
        graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [1 << 40]))
        with pytest.raises(FpgaEeError, match="has sparse weights"):
            read_foreign(saved(tmp_path / "model.onnx", graph))
