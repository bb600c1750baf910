"""A given design in the design space: the option of every node, found by its folding."""

from collections.abc import Mapping

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.search.space_nodes import Option, SpaceNode, SpaceNodes


def given_design(nodes: SpaceNodes, foldings: Mapping[str, Folding]) -> dict[str, Option]:
    """Find the option of every node that a design names.

    Args:
        nodes: The design space.
        foldings: Foldings of layers by name, and of units as streams in and out. A node without one takes as
            many streams as the first node that it reads gives.

    Raises:
        FpgaEeError: A node cannot have its folding, or there is no node of a name.
    """
    unknown = sorted(set(foldings) - {node.name for node in nodes[1:]})
    if unknown:
        raise FpgaEeError(f"the design folds {unknown[0]}, which the network does not have")
    entry, first, *_ = nodes
    options: dict[str, Option] = {}
    options[first.name] = _option(first, foldings.get(first.name), 1)
    width = options[first.name].streams_in
    options[entry.name] = next(option for option in entry.options if option.streams_out == width)
    for node in nodes[2:]:
        streams = options[node.edges[0].source].streams_out
        options[node.name] = _option(node, foldings.get(node.name), streams)
    return options


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
