"""The fixed-point network as tables."""

from rich.table import Table

from fpga_ee.artifacts.formats import NetworkFormats, Widths
from fpga_ee.exits.outcome import Outcome
from fpga_ee.quantization.certificate import ACCUMULATOR_LIMIT, PAIR_LIMIT
from fpga_ee.quantization.comparison import Comparison
from fpga_ee.quantization.quantize import Quantized
from fpga_ee.reporting.text import percent


def formats_table(network: str, quantized: Quantized, widths: Widths) -> Table:
    """Show the format of every tensor, and how near every layer is to the certificate's bounds."""
    table = Table(title=f"{network}: fixed point (s signed, u unsigned, bits.fractional bits)")
    for heading in ("layer", "input", "weight", "bias", "output"):
        table.add_column(heading)
    table.add_column("accumulator", justify="right")
    table.add_column("pair", justify="right")
    for layer in quantized.certificate:
        table.add_row(
            layer.layer,
            *_formats(quantized.formats, layer.layer),
            percent(layer.largest_accumulator / ACCUMULATOR_LIMIT),
            percent(layer.largest_pair / PAIR_LIMIT),
        )
    table.caption = (
        "Certificate: the largest possible accumulator, of 2^24 steps that float32 holds exactly, and the "
        "largest possible pair of products, of what 16 bits hold."
    )
    narrowed = [
        f"{name} ({layer.weight.bits})"
        for name, layer in quantized.formats.layers.items()
        if layer.weight.bits < widths.weight_bits
    ]
    if narrowed:
        table.caption += (
            f" Sums of {widths.weight_bits}-bit weights could be larger than that in these layers, so their "
            f"weights have fewer bits: {', '.join(narrowed)}."
        )
    return table


def _formats(formats: NetworkFormats, name: str) -> tuple[str, str, str, str]:
    """Write the formats of input, weight, bias and output."""
    if name in formats.additions:
        addition = formats.additions[name]
        return " + ".join(map(str, addition.inputs)), "-", "-", str(addition.output)
    layer = formats.layers[name]
    return str(layer.input), str(layer.weight), str(layer.bias), str(layer.output)


def comparison_table(network: str, comparison: Comparison) -> Table:
    """Show accuracy and exits of float and fixed point side by side."""
    table = Table(
        title=f"{network}: float and fixed point on {comparison.images:,} images, {comparison.split}"
    )
    table.add_column("arithmetic")
    for index in range(len(comparison.float_outcome.exit_rates)):
        table.add_column(f"exit {index} alone", justify="right")
    table.add_column("leave early", justify="right")
    table.add_column("combined", justify="right")
    table.add_row("float", *outcome_row(comparison.float_outcome))
    table.add_row("fixed point", *outcome_row(comparison.fixed_outcome))
    table.caption = (
        f"Quantizing changed the exit of {comparison.other_exits} images and the label of "
        f"{comparison.other_labels}."
    )
    return table


def outcome_row(outcome: Outcome) -> list[str]:
    """Write the accuracy of every exit alone, the share that leaves early, and the combined accuracy."""
    accuracies = [percent(accuracy) for accuracy in outcome.exit_accuracies]
    return [*accuracies, percent(1 - outcome.exit_rates[-1]), percent(outcome.accuracy)]
