"""The exact search beside samo 0.2.4's rule-based and annealing optimisers, and the time of whole fronts.

    pip install --no-deps samo==0.2.4 && pip install tabulate tqdm
    python benchmarks/search.py build/B_Lenet_fcn

The same stage, the same costs (fpgaConvNet's resources and our intervals, looked up in one table so that
nobody waits for the model) and the same constraints for all: the whole board, and neighbours with equal
streams, which samo demands. Ends with 1 where the exact search is worse than samo anywhere, less than 100
times faster than annealing, or needs 5 s for the fronts of the whole network.
"""

import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

os.environ["TQDM_DISABLE"] = "1"  # samo's progress bars; read when they are imported

import numpy as np
from rich.console import Console
from rich.table import Table
from samo.model import Network, Node, Partition
from samo.optimiser.annealing import SimulatedAnnealing
from samo.optimiser.rule import RuleBased

from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.fpgaconvnet.layers import model_of
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph, Stage
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.readers.exported import late_rates, read_export
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space
from fpga_ee.hardware.search.early_exit_gains import baseline
from fpga_ee.hardware.search.solver import fastest
from fpga_ee.hardware.search.space_graph import space_graph
from fpga_ee.hardware.search.space_nodes import Edge, SpaceNode

EXACT, ANNEALING = "exact", "samo, annealing"
SEED = 0
WANTED_SPEED_UP = 100
WANTED_SECONDS = 5.0
COSTS: dict[tuple[str, Folding], Resources] = {}


def cost(layer: Layer, folding: Folding) -> Resources:
    """Resources from the table; keyed by the name, since layers compare slowly."""
    return COSTS[layer.name, folding]


class Layered(Node):
    """A layer for samo, with our interval and the table's resources."""

    def __init__(self, layer: Layer) -> None:
        """Wrap a layer, unfolded."""
        (entering,) = layer.inputs
        super().__init__(
            entering.words,
            layer.output.words,
            entering.channels,
            layer.output.channels,
            layer.window.kernel[0] if isinstance(layer, Convolution) else 1,
        )
        self.layer = layer
        self.constraints = {
            "matching_intra_folding": not isinstance(layer, Convolution | Linear),
            "matching_inter_folding": True,
            "divisible_inter_folding": True,
        }

    def __repr__(self) -> str:
        """Name the layer; samo hashes nodes by this."""
        return self.layer.name

    __hash__ = Node.__hash__

    @property
    def folding(self) -> Folding:
        """The three numbers of samo as a folding."""
        return Folding(self.channel_in_folding, self.channel_out_folding, 1, self.kernel_folding)

    def latency(self) -> int:
        """Cycles between two samples."""
        return FPGACONVNET.interval(self.layer, self.folding)

    def resource(self) -> dict[str, int]:
        """List the resources of the layer with its folding, in samo's names."""
        used = cost(self.layer, self.folding)
        return {"LUT": used.lut, "FF": used.ff, "DSP": used.dsp, "BRAM": used.bram}


@dataclass(frozen=True)
class Found:
    """A design that an optimiser found, and the time that it took."""

    interval: int
    share: float
    seconds: float


def with_samo(optimiser: Callable[[Network], Any], layers: tuple[Layer, ...], board: Resources) -> Found:
    """Run one of samo's optimisers on a chain of layers."""
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 - what samo draws from
    partition = Partition()
    partition.platform = {
        "resources": {"LUT": board.lut, "FF": board.ff, "DSP": board.dsp, "BRAM": board.bram},
        "bandwidth": 1e9,
        "reconf_time": 0.0,
    }
    for index, layer in enumerate(layers):
        partition.add_node(layer.name, hw=Layered(layer))
        if index:
            partition.add_edge(layers[index - 1].name, layer.name)
    network = Network(partition)
    network.batch_size, network.enable_reconf, network.objective = 1, False, "latency"
    run = optimiser(network)
    started = time.perf_counter()
    run.start_time = time.time()
    run.optimise()
    seconds = time.perf_counter() - started
    best = run.network.partitions[0]
    used = best.eval_resource()
    total = Resources(used["LUT"], used["FF"], used["DSP"], used["BRAM"])
    return Found(int(best.eval_latency()), total.share(board), seconds)


def exactly(layers: tuple[Layer, ...], board: Resources) -> Found:
    """The exact search under samo's constraint: neighbours have equal streams."""
    started = time.perf_counter()
    graph = HardwareGraph("stage", (Stage(chain_of(layers[:1]), chain_of(layers[1:]), None),))
    space = space_graph(graph, (), replace(FPGACONVNET, resources=cost), buffered=())
    design = fastest(tuple(map(matching, space)), board)
    seconds = time.perf_counter() - started
    if design is None:
        sys.exit("nothing fits")
    return Found(int(design.period), design.resources.share(board), seconds)


def matching(node: SpaceNode) -> SpaceNode:
    """The same node where there are no converters."""

    def alike(given: int, taken: int) -> Resources | None:
        return Resources() if given == taken else None

    return replace(node, edges=tuple(Edge(edge.source, alike) for edge in node.edges))


def main() -> None:
    """Compare, print, and judge."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/B_Lenet_fcn").resolve()
    board = boards.load("zc706")
    graph, manifest = read_export(folder)
    layers = graph.layers
    for layer in layers:
        check_taps(layer)
        foldings = FPGACONVNET.feasible(layer)
        COSTS.update({(layer.name, folding): model_of(layer).resources(folding) for folding in foldings})
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        Path("outputs").mkdir()  # where samo logs
        found = [compare(stage.layers, board.resources) for stage in graph.stages]
    seconds = time_fronts(graph, late_rates(manifest), board)
    console = Console(width=120)
    console.print(comparison_table(f"{graph.name} on {board.name}, neighbours with equal streams", found))
    console.print(f"whole fronts of four resources, with and without early exits: {seconds:.2f} s")
    failures = [f"stage {index}: {text}" for index, rows in enumerate(found) for text in judge(rows)]
    if seconds > WANTED_SECONDS:
        failures.append(f"the fronts took {seconds:.2f} s, more than {WANTED_SECONDS}")
    for failure in failures:
        console.print(f"FAILED: {failure}")
    sys.exit(bool(failures))


def compare(layers: tuple[Layer, ...], board: Resources) -> dict[str, Found]:
    """All three optimisers on one stage."""
    return {
        EXACT: exactly(layers, board),
        "samo, rules": with_samo(RuleBased, layers, board),
        ANNEALING: with_samo(SimulatedAnnealing, layers, board),
    }


def judge(found: dict[str, Found]) -> Iterator[str]:
    """Check the designs that optimisers found."""
    exact = found[EXACT]
    for name, other in found.items():
        if other.interval < exact.interval:
            yield f"{name} found an interval of {other.interval}, the exact search {exact.interval}"
    if found[ANNEALING].seconds < WANTED_SPEED_UP * exact.seconds:
        yield f"less than {WANTED_SPEED_UP} times faster than annealing"


def comparison_table(title: str, found: list[dict[str, Found]]) -> Table:
    """Interval, share of the board and time of every optimiser on every stage."""
    table = Table(title=title, title_justify="left")
    for heading in ("stage", "optimiser", "interval", "of the board", "seconds", "times the exact search's"):
        table.add_column(heading, justify="left" if heading == "optimiser" else "right")
    for index, rows in enumerate(found):
        for name, row in rows.items():
            ratio = f"{row.seconds / rows[EXACT].seconds:,.0f}"
            cells = (f"{row.interval:,}", f"{row.share:.1%}", f"{row.seconds:.3f}", ratio)
            table.add_row(str(index), name, *cells)
    return table


def check_taps(layer: Layer) -> None:
    """End where samo folds a window as hardware cannot: the two would search different spaces."""
    if not isinstance(layer, Convolution):
        return
    rows, cols = layer.window.kernel
    ours = {folding.fine for folding in FPGACONVNET.feasible(layer)}
    theirs = {taps for taps in range(1, rows * cols + 1) if rows * cols % taps == 0}
    if ours != theirs:
        sys.exit(f"{layer.name}: samo folds {sorted(theirs)} taps, fpgaConvNet {sorted(ours)}")


def resources(layer: Layer, folding: Folding) -> Resources:
    """Resources by the model, not looked up."""
    return model_of(layer).resources(folding)


def _no_progress(_periods: int) -> Callable[[int], None]:
    return lambda _: None


def time_fronts(graph: HardwareGraph, rates: tuple[float, ...], board: boards.Board) -> float:
    """Seconds for both fronts of a whole network, the model's figures included."""
    buffered = (1,) * len(rates)
    budget = Budget(board, (1.0, 1.0, 1.0, 1.0), board.clock_mhz)
    space = Space(graph, rates, budget, replace(FPGACONVNET, resources=cache(resources)), buffered)
    started = time.perf_counter()
    space.front(_no_progress)
    baseline(space, 1.0).front(_no_progress)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
