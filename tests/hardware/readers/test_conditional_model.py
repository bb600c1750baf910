"""Float models with an `if` are the same hardware graphs."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers.networks import B_LENET_SE, same_network
from helpers.onnx_files import Builder, chain_model, conditional_model, saved

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.readers.conditional_model import read_conditional


class TestConditional:
    def test_a_float_model_with_an_if_is_the_same_network(self, tmp_path: Path) -> None:
        graph = read_conditional(conditional_model(tmp_path / "model.onnx"), 16)
        assert same_network(graph, B_LENET_SE)
        assert graph.name == "model"
        assert [stage.decision is None for stage in graph.stages] == [False, True]

    def test_its_words_have_the_wanted_width(self, tmp_path: Path) -> None:
        graph = read_conditional(conditional_model(tmp_path / "model.onnx"), 12)
        assert {stage.feature_map.format.bits for stage in graph.stages} == {12}

    def test_a_model_without_an_exit_is_one_stage(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1).pool_relu("conv").linear("fc", (784, 10))
        graph = read_conditional(chain_model(tmp_path / "plain.onnx", builder), 16)
        assert [len(stage.backbone.layers) for stage in graph.stages] == [4]
        assert graph.stages[0].decision is None

    def test_a_normalisation_is_folded_into_the_layer_before_it(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1)
        constants = [
            builder.constant(name, values, np.float32)
            for name, values in (("scale", [2] * 4), ("shift", [3] * 4), ("mean", [1] * 4), ("var", [4] * 4))
        ]
        builder.node("BatchNormalization", *constants, name="bn", epsilon=0.0).linear("fc", (3136, 10))
        layer = read_conditional(chain_model(tmp_path / "bn.onnx", builder), 16).stages[0].backbone.layers[0]
        plain = onnx.numpy_helper.to_array(builder.weights[0])
        bias = onnx.numpy_helper.to_array(builder.weights[1])
        np.testing.assert_allclose(layer.weight, plain)  # 2 / sqrt(4)
        np.testing.assert_allclose(layer.bias, (bias - 1) + 3)

    def test_matmul_and_add_are_one_layer(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1).node("Flatten", name="flatten")
        builder.node("MatMul", builder.weight("fc.weight", 3136, 10), name="fc")
        builder.node("Add", builder.weight("fc.bias", 10), name="add")
        stage = read_conditional(chain_model(tmp_path / "matmul.onnx", builder), 16).stages[0]
        assert len([layer for layer in stage.exit if isinstance(layer, Linear)]) == 1
        assert stage.exit.layers[0].weight.shape == (10, 3136)
        assert stage.exit.layers[0].bias.shape == (10,)

    def test_another_condition_is_refused(self, tmp_path: Path) -> None:
        path = conditional_model(tmp_path / "model.onnx")
        model = onnx.load(path)
        next(node for node in model.graph.node if node.op_type == "ReduceMax").op_type = "ReduceMean"
        with pytest.raises(FpgaEeError, match="If if: its condition is not Softmax -> ReduceMax -> Greater"):
            read_conditional(saved(path, model.graph), 16)
