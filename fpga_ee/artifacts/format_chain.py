"""Checks that the formats of a network fit together: each tensor has a format that its producer gives."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from fpga_ee.artifacts.formats import BIAS, IMAGE, AdditionFormats, FixedPoint, LayerFormats
from fpga_ee.artifacts.names import part_of

Formats = TypeVar("Formats", LayerFormats, AdditionFormats)


def check_formats(
    image: FixedPoint | None,
    stages: Sequence[tuple[FixedPoint | None, FixedPoint | None]],
    layers: Mapping[str, LayerFormats],
    additions: Mapping[str, AdditionFormats],
) -> None:
    """Follow the formats from each part of a network to the next.

    Args:
        image: Format of the input.
        stages: Formats of every stage's feature map and logits.
        layers: Formats of the layers that multiply, by name.
        additions: Formats of the sums of two feature maps, by name.

    Raises:
        ValueError: A format does not follow from those before it.
    """
    if image != IMAGE:
        raise ValueError(f"its input has the format {image}, but images have the format {IMAGE}")
    entering: FixedPoint | None = image
    parts = set()
    for index, (feature_map, logits) in enumerate(stages):
        for part, before, after in (
            (f"backbone.{index}", entering, feature_map),
            (f"exits.{index}", feature_map, logits),
        ):
            parts.add(part)
            _check_part(part, (before, after), _of(part, layers), _of(part, additions))
        entering = feature_map
    for name in (*layers, *additions):
        if part_of(name) not in parts:
            raise ValueError(f"{name:.60} belongs to no stage")


def _check_part(
    part: str,
    ends: tuple[FixedPoint | None, FixedPoint | None],
    layers: Mapping[str, LayerFormats],
    additions: Mapping[str, AdditionFormats],
) -> None:
    """Check that every input and output format in the part comes from its input or from a layer in it."""
    before, after = ends
    known = {
        before,
        *(layer.output for layer in layers.values()),
        *(each.output for each in additions.values()),
    }
    if None in ends or after not in known:
        raise ValueError(f"nothing in {part} gives the format {after} of its output")
    for name, layer in layers.items():
        if not (layer.weight.signed and layer.weight.symmetric):
            raise ValueError(f"{name:.60} has weights that are not signed and symmetric")
        if layer.bias != replace(BIAS, frac=layer.bias.frac):
            raise ValueError(f"{name:.60} has a bias {layer.bias} that is not of {BIAS.bits} signed bits")
        if layer.output.symmetric:
            raise ValueError(f"{name:.60} gives words without their least integer, which only weights lack")
        if layer.input not in known:
            raise ValueError(f"{name:.60} reads the format {layer.input}, which nothing in {part} gives")
        if layer.bias.frac != layer.input.frac + layer.weight.frac:
            raise ValueError(f"{name:.60} has a bias {layer.bias} that is not on the grid of its products")
    for name, addition in additions.items():
        if not known.issuperset(addition.inputs):
            raise ValueError(f"{name:.60} adds formats that nothing in {part} gives")


def _of(part: str, formats: Mapping[str, Formats]) -> dict[str, Formats]:
    return {name: each for name, each in formats.items() if part_of(name) == part}
