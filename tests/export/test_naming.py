"""Names of tensors, by the rules of ``naming.py``."""

import onnx
import onnx_ir as ir
import pytest
from onnx import parser

from fpga_ee.export.naming import name_tensors

PARAMETERS = {"layer.weight", "layer.bias"}


def named(body: str, *initializers: str) -> ir.Graph:
    """A graph from ``image`` to ``logits`` of some nodes and initializers, after naming."""
    head = '<ir_version: 10, opset_import: ["": 21]>'
    ends = "(float[s0, 8, 4, 4] image) => (float[s0, 8, 4, 4] logits)"
    text = f"{head} g {ends} <{', '.join(initializers)}> {{ {body} }}"
    model: onnx.ModelProto = parser.parse_model(text)
    graph = ir.from_proto(model).graph
    if weight := graph.initializers.get("weight"):
        # A name that the text form does not know.
        weight.name = "layer.weight"
    name_tensors(graph, PARAMETERS)
    return graph


def outputs(graph: ir.Graph) -> list[str]:
    return [str(output.name) for node in graph for output in node.outputs]


def test_a_tensor_is_named_after_its_first_input_and_its_operator_in_words() -> None:
    graph = named(
        """
        a = Relu (image)
        b = MaxPool <kernel_shape = [1, 1]> (a)
        c = GlobalAveragePool (b)
        logits = Add (b, c)
        """
    )
    assert outputs(graph) == [
        "image.relu",
        "image.relu.max_pool",
        "image.relu.max_pool.global_average_pool",
        "logits",
    ]


def test_a_node_is_named_after_its_output_and_its_operator() -> None:
    graph = named("a = Relu (image) logits = Abs (a)")
    assert [node.name for node in graph] == ["image.relu/Relu", "logits/Abs"]


def test_names_that_are_taken_are_counted() -> None:
    graph = named("a = Relu (image) b = Relu (image) c = Relu (image) d = Add (a, b) logits = Add (d, c)")
    assert outputs(graph)[:3] == ["image.relu", "image.relu_1", "image.relu_2"]


def test_quantizing_and_dequantizing_replace_one_another() -> None:
    graph = named(
        """
        a = Relu (image)
        q = QuantizeLinear (a, scale, zero)
        d = DequantizeLinear (q, scale, zero)
        q2 = QuantizeLinear (d, scale, zero)
        e = DequantizeLinear (q2, scale, zero)
        logits = Relu (e)
        """,
        "float scale = {0.0625}",
        "uint8 zero = {0}",
    )
    assert outputs(graph) == [
        "image.relu",
        "image.relu.quantized",
        "image.relu.dequantized",
        "image.relu.dequantized.quantized",
        "image.relu.dequantized.dequantized",
        "logits",
    ]


def test_what_is_made_of_a_layers_weight_has_the_layers_name() -> None:
    graph = named(
        """
        w = DequantizeLinear (weight, scale, zero)
        a = Conv (image, w)
        logits = Relu (a)
        """,
        "int8[1] weight = {3}",
        "float scale = {0.5}",
        "int8 zero = {0}",
    )
    assert outputs(graph) == ["layer.weight.dequantized", "layer", "logits"]


@pytest.mark.parametrize(
    ("constant", "name"),
    [
        ("float k = {0.0625}", "float32.0.0625"),
        ("int64[2] k = {-1, 720}", "int64.-1_720.vector"),
        ("float[1] k = {2.0}", "float32.2.0.vector"),
        ("float[8] k = {1, 2, 3, 4, 5, 6, 7, 8}", "float32.1.0_2.0_3.0_4.0_5.0_6.0_7.0_8.0.vector"),
        ("float[9] k = {1, 2, 3, 4, 5, 6, 7, 8, 9}", "k"),
    ],
)
def test_a_small_constant_is_named_after_its_value(constant: str, name: str) -> None:
    graph = named("a = Identity (k) logits = Relu (image)", constant)
    assert list(graph.initializers) == [name]


def test_equal_constants_become_one() -> None:
    graph = named("a = Mul (image, k) logits = Mul (a, l)", "float k = {2.0}", "float l = {2.0}")
    assert list(graph.initializers) == ["float32.2.0"]
    assert {str(node.inputs[1].name) for node in graph if node.inputs[1]} == {"float32.2.0"}


def test_the_free_dimension_is_the_batch() -> None:
    graph = named("logits = Relu (image)")
    for value in (graph.inputs[0], graph.outputs[0]):
        assert value.shape is not None
        assert [str(dim) for dim in value.shape] == ["batch", "8", "4", "4"]
