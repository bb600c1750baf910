"""A given design in the design space: the option of every node, found by its folding."""

from collections.abc import Mapping

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.search.space_nodes import DesignPoint, Option, SpaceNode


def given_design(root: SpaceNode, foldings: Mapping[str, Folding]) -> DesignPoint:
    """Find the option of every node that a design names.

    Args:
        root: The design space.
        foldings: Foldings of layers by name, and of units as streams in and out. A node without one takes as
            many streams as the node before it gives.

    Raises:
        FpgaEeError: A node cannot have its folding, or there is no node of a name.
    """
    names = {node.name for node in root.walk()}
    unknown = sorted(set(foldings) - names)
    if unknown:
        raise FpgaEeError(f"the design folds {unknown[0]}, which the network does not have")
    options: dict[str, Option] = {}
    total = Resources()

    def visit(node: SpaceNode, streams: int) -> None:
        nonlocal total
        option = _option(node, foldings.get(node.name), streams)
        options[node.name] = option
        total += option.resources + node.converter(streams, option.streams_in)
        for child in node.children:
            visit(child, option.streams_out)

    visit(root, 1)
    return DesignPoint(max(option.period for option in options.values()), total, options)


def _option(node: SpaceNode, folding: Folding | None, streams: int) -> Option:
    if folding is None:
        # Choose the fewest streams that keep up with the input, or the most there are.
        wide = [option for option in node.options if option.streams_in >= streams]
        return min(wide or node.options, key=lambda o: (abs(o.streams_in - streams), o.streams_in))
    for option in node.options:
        same = (
            (option.streams_in, option.streams_out) == (folding.streams_in, folding.streams_out)
            if option.folding is None
            else option.folding == folding
        )
        if same:
            return option
    raise FpgaEeError(
        f"{node.name} cannot be folded by coarse in {folding.coarse_in}, out {folding.coarse_out}, group "
        f"{folding.coarse_group} and fine {folding.fine}: each must divide what it splits"
    )
