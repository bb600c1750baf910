"""A network as the library builds it: then each of its layers tells all that it is drawn from."""

from collections.abc import Sequence
from dataclasses import replace

from fpga_ee.hardware.network.graph import Convolution, FeatureMap, HardwareGraph, Layer, Linear, Relu, Stage
from fpga_ee.hardware.network.layers import sum_bits


def as_built(graph: HardwareGraph) -> HardwareGraph:
    """The network with sums as wide as hardware makes them, and without what is no hardware.

    Unsigned words are their own ReLU. It stays only where a stage or an exit has no other layer.
    """
    stages: list[Stage] = []
    entering = graph.input
    for stage in graph.stages:
        backbone = _layers(stage.backbone, entering)
        entering = backbone[-1].output
        stages.append(replace(stage, backbone=backbone, exit=_layers(stage.exit, entering)))
    return replace(graph, stages=tuple(stages))


def _layers(layers: Sequence[Layer], entering: FeatureMap) -> tuple[Layer, ...]:
    found: list[Layer] = []
    passed: list[Layer] = []
    for layer in layers:
        given = replace(layer, input=replace(layer.input, format=entering.format))
        match given:
            case Convolution() | Linear():
                bits = sum_bits(given, entering.format.bits)
                given = replace(
                    given, output=replace(given.output, format=replace(given.output.format, bits=bits))
                )
                found.append(given)
            case Relu() if not entering.format.signed:
                given = replace(given, output=given.input)
                passed.append(given)
            case _:
                found.append(given)
        entering = given.output
    return tuple(found or passed[:1])
