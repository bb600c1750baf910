"""Computes the gain of early exits at exact shares of a ZC706, for the tables of docs/hardware.md.

    python benchmarks/gains.py build/B_Lenet_se build/B_Lenet_fcn

Every row is searched for on its own, with and without exits, with a conditional buffer of the least depth at
which no decision waits for room. Beside it stands the gain with decisions in random order. For these the
buffer is made deeper, to 99 % of an unlimited buffer's throughput, as far as the same share of the board has
room.
"""

import sys
from operator import methodcaller
from pathlib import Path

from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.network.graph import HardwareGraph, with_widths
from fpga_ee.hardware.readers.exported import late_rates, read_export
from fpga_ee.hardware.search.assessment import sufficient_depths
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space, deepened, settled
from fpga_ee.hardware.search.early_exit_gains import baseline
from fpga_ee.hardware.timing import buffering
from fpga_ee.hardware.timing.decision_trace import drawn

SHARES = (0.2, 0.4, 0.5, 0.6)
THROUGHPUTS = (96_451, 19_531)
BOARD = boards.load("zc706")


def space_of(graph: HardwareGraph, late_rate: float, share: float) -> Space:
    """All designs for a share of the board, with buffers of one sample."""
    return Space(graph, (late_rate,), Budget(BOARD, (share,) * 4, 125), FPGACONVNET, (1,))


def print_gains(graph: HardwareGraph, late_rate: float, widths: str) -> None:
    """Print the table of a network at a late rate."""
    print(f"\n{graph.name}, {widths}, late rate {late_rate:.4g}\n")
    print("| of the board | without | early exits | gain | buffer | deeper | simulated | gain |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for share in SHARES:
        plain = baseline(space_of(graph, late_rate, share), share)
        without = plain.budget.throughput(plain.fastest().period((1.0,)))
        space, chosen = settled(space_of(graph, late_rate, share), Space.fastest)
        with_exits = space.budget.throughput(chosen.period(space.reaching))
        trace = drawn(space.late_rates)
        deeper, _ = deepened(space, chosen, sufficient_depths(space, chosen, trace))
        traffic, depth = chosen.traffic(0, space.reaching), deeper.buffered[0]
        simulated = 125e6 * buffering.throughput(traffic, trace.late(0), depth)
        print(
            f"| {share:.0%} | {without:,.0f} | {with_exits:,.0f} | {with_exits / without:.2f}x | "
            f"{space.buffered[0]} | {depth} | {simulated:,.0f} | {simulated / without:.2f}x |"
        )


def print_shares(graph: HardwareGraph, late_rate: float) -> None:
    """Print the cost of the published throughputs."""
    for throughput in THROUGHPUTS:
        _, chosen = settled(space_of(graph, late_rate, 1.0), methodcaller("cheapest", throughput))
        share = chosen.resources.share(BOARD.resources)
        print(f"{throughput:,} samples/s at late rate {late_rate}: {share:.2%} of the board")


def main() -> None:
    """Print the first network at the published width and late rates, and all at their own."""
    exports = [read_export(Path(folder)) for folder in sys.argv[1:]]
    published = with_widths(exports[0][0], 16, 30)
    print_shares(published, 0.25)
    for late_rate in (0.25, 0.06):
        print_gains(published, late_rate, "16 bits")
    for graph, manifest in exports:
        print_gains(graph, late_rates(manifest)[0], "own widths")


if __name__ == "__main__":
    main()
