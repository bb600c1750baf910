"""A design that is given instead of searched for: a folding for every layer."""

from collections.abc import Mapping

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.search.explore import Block, Design, Option
from fpga_ee.hardware.search.target import Unit


def planned(root: Block, foldings: Mapping[str, Folding]) -> Design:
    """Take the option of every block that a plan names.

    Args:
        root: The design space.
        foldings: Folding of every layer by its name, and of a unit as streams in and out. What is not named
            takes as many streams as the block before it gives.

    Raises:
        FpgaEeError: A folding that the block cannot have, or one of a block that there is not.
    """
    names = {block.name for block in root.walk()}
    unknown = sorted(set(foldings) - names)
    if unknown:
        raise FpgaEeError(f"the plan folds {unknown[0]}, which the network does not have")
    chosen: dict[str, Option] = {}
    total = Resources()

    def visit(block: Block, streams: int) -> None:
        nonlocal total
        option = _chosen(block, foldings.get(block.name), streams)
        chosen[block.name] = option
        total += option.resources + block.converter(streams, option.streams_in)
        for child in block.children:
            visit(child, option.streams_out)

    visit(root, 1)
    return Design(max(option.period for option in chosen.values()), total, chosen)


def _chosen(block: Block, folding: Folding | None, streams: int) -> Option:
    if folding is None:
        # The fewest streams that keep up with what comes in, or the most there are.
        wide = [option for option in block.options if option.streams_in >= streams]
        return min(wide or block.options, key=lambda o: (abs(o.streams_in - streams), o.streams_in))
    for option in block.options:
        same = (
            (option.streams_in, option.streams_out) == (folding.streams_in, folding.streams_out)
            if isinstance(option.choice, Unit)
            else option.choice == folding
        )
        if same:
            return option
    raise FpgaEeError(
        f"{block.name} cannot be folded by coarse in {folding.coarse_in}, out {folding.coarse_out}, group "
        f"{folding.coarse_group} and fine {folding.fine}: each must divide what it splits"
    )
