"""Measures the gain of early exits in ONNX Runtime: conditional models beside all exits and no exits.

    python benchmarks/runtime.py build/B_Lenet_fcn build/B_Lenet_se [--data FOLDER]

The images are the first of the validation split of the data set that each network was calibrated on. "No
exits" is the backbone with the last exit, cut out of all_exits.onnx. Every model has all processor cores and
sees the same images, in batches of the same size. The models take turns, and their order moves on from round
to round. A gain is the median of the ratios within the rounds, so that other load of the machine meets all
models alike. The measurement is repeated with images of which a given share leaves early.

The figures go to the terminal, build/benchmarks/runtime.json and build/benchmarks/runtime.png. The exit code
is 1 where the batched model is not faster than no exits at 64 or 256 images at a time.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import onnx_ir as ir
import onnxruntime
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from fpga_ee.artifacts import names
from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.files.writing import replacing, write_json
from fpga_ee.flow.images import WantedImages

SIZES = (1, 7, 64, 256)
MUST_GAIN = (64, 256)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARES_SIZE = 64
IMAGES = 1280
ROUNDS = 7
SEED = 0
RESULT = Path("build/benchmarks/runtime.json")
PICTURE = RESULT.with_suffix(".png")
NO_EXITS, ALL_EXITS, ONE_IMAGE, BATCH = (
    "no exits",
    "all exits",
    "conditional, one image",
    "conditional, batch",
)
COLOURS = {NO_EXITS: "#8a8a8a", ALL_EXITS: "#c9b79c", ONE_IMAGE: "#7fb2e5", BATCH: "#1f5fa8"}

Images = NDArray[np.float32]
Models = Mapping[str, onnxruntime.InferenceSession]


@dataclass(frozen=True)
class Way:
    """A model that is given so many images at a time."""

    model: str
    size: int

    def __str__(self) -> str:
        """As in the table."""
        return f"{self.model}, by {self.size}"


@dataclass(frozen=True)
class Result:
    """The measurements of one network.

    Attributes:
        network: Its name.
        left_early: Share of the images that did not reach the last exit.
        speeds: Images a second of every way in every round.
        gains: Of the batched model over no exits, by the share of images that leave early.
    """

    network: str
    left_early: float
    speeds: dict[Way, list[float]]
    gains: dict[float, float]

    def gain(self, model: str, size: int) -> float:
        """Divide the speed of a model by that without exits."""
        return ratio(self.speeds[Way(model, size)], self.speeds[Way(NO_EXITS, size)])


def ratio(speeds: Sequence[float], others: Sequence[float]) -> float:
    """Compute the median of the rounds' ratios."""
    return median(speed / other for speed, other in zip(speeds, others, strict=True))


def session(model: Path | bytes) -> onnxruntime.InferenceSession:
    """Load a model to run on all cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def without_exits(path: Path) -> bytes:
    """Cut the backbone with the last exit out of ``all_exits.onnx``."""
    model = ir.load(path)
    last = model.graph.outputs[-1].name
    graph = ir.convenience.extract(model.graph, [names.IMAGE], [str(last)])
    serialized: bytes = ir.to_proto(ir.Model(graph, ir_version=model.ir_version)).SerializeToString()
    return serialized


def images_per_second(model: onnxruntime.InferenceSession, images: Images, size: int) -> float:
    """Give a model all images once."""
    start = perf_counter()
    for first in range(0, len(images), size):
        model.run(None, {names.IMAGE: images[first : first + size]})
    return len(images) / (perf_counter() - start)


def in_turns(models: Models, ways: Sequence[Way], images: Images) -> dict[Way, list[float]]:
    """Speeds of all ways in every round, each round beginning with another one; one round more to warm up."""
    speeds: dict[Way, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS + 1):
        first = number % len(ways)
        for way in (*ways[first:], *ways[:first]):
            speed = images_per_second(models[way.model], images, way.size)
            if number:
                speeds[way].append(speed)
    return speeds


def with_share(images: Images, early: NDArray[np.bool_], share: float) -> Images | None:
    """As many images of which a share leaves early, drawn from both kinds; None where a kind is missing."""
    random = np.random.default_rng(SEED)
    count = round(share * IMAGES)
    kinds = ((images[early], count), (images[~early], IMAGES - count))
    if any(wanted and not len(kind) for kind, wanted in kinds):
        return None
    drawn = np.concatenate([random.choice(kind, wanted) for kind, wanted in kinds if wanted])
    return random.permutation(drawn)


def measure(folder: Path, data: Path | None) -> Result:
    """Measure one network on images of its data set."""
    manifest = load_manifest(folder)
    models = {
        NO_EXITS: session(without_exits(folder / names.ALL_EXITS_FILE)),
        ALL_EXITS: session(folder / names.ALL_EXITS_FILE),
        ONE_IMAGE: session(folder / manifest.conditional),
        BATCH: session(folder / manifest.batch),
    }
    every_image = WantedImages("validation", data).load(manifest).inputs()
    early = models[BATCH].run([names.EXIT_INDEX], {names.IMAGE: every_image})[0] < len(manifest.stages) - 1
    images = every_image[:IMAGES]

    ways = [Way(model, size) for size in SIZES for model in models if model != ONE_IMAGE or size == 1]
    speeds = in_turns(models, ways, images)

    gains = {}
    pair = [Way(BATCH, SHARES_SIZE), Way(NO_EXITS, SHARES_SIZE)]
    for share in SHARES:
        drawn = with_share(every_image, early, share)
        if drawn is not None:
            with_exits, without = in_turns(models, pair, drawn).values()
            gains[share] = ratio(with_exits, without)
    return Result(manifest.network, float(early[:IMAGES].mean()), speeds, gains)


def print_table(result: Result) -> None:
    """Every way with its speed and gain."""
    table = Table(
        title=f"{result.network}: ONNX Runtime {onnxruntime.__version__} on {os.cpu_count()} cores, "
        f"{IMAGES:,} images, {ROUNDS} rounds"
    )
    for heading in ("model", "images at a time", "images / s", "lowest", "highest", "gain over no exits"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for way, speeds in result.speeds.items():
        figures = (f"{speed:,.0f}" for speed in (median(speeds), min(speeds), max(speeds)))
        gain = f"{result.gain(way.model, way.size):.2f}x"
        table.add_row(way.model, str(way.size), *figures, gain, end_section=way.model == BATCH)
    shares = ", ".join(f"{gain:.2f}x where {share:.0%} do" for share, gain in result.gains.items())
    table.caption = f"{result.left_early:.2%} left early. By {SHARES_SIZE}, the gain is {shares}."
    Console().print(table)


def record(result: Result) -> dict[str, object]:
    """All figures, for the JSON file."""
    return {
        "left early": result.left_early,
        "images per second": {str(way): speeds for way, speeds in result.speeds.items()},
        "gain over no exits": {str(way): result.gain(way.model, way.size) for way in result.speeds},
        f"gain of {Way(BATCH, SHARES_SIZE)}, by share that leaves early": result.gains,
    }


def draw(results: Sequence[Result], path: Path) -> None:
    """A row a network: speeds by batch size, and the gain by the share that leaves early."""
    figure = Figure(figsize=(10, 3.4 * len(results)), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(results), 2, squeeze=False)
    for result, (speeds, gains) in zip(results, rows, strict=True):
        for offset, (model, colour) in enumerate(COLOURS.items()):
            sizes = [size for size in SIZES if Way(model, size) in result.speeds]
            places = [SIZES.index(size) + 0.2 * (offset - 1.5) for size in sizes]
            heights = [median(result.speeds[Way(model, size)]) for size in sizes]
            speeds.bar(places, heights, width=0.2, color=colour, label=model)
        speeds.set_xticks(range(len(SIZES)), [str(size) for size in SIZES])
        speeds.set_xlabel("images at a time")
        speeds.set_ylabel("images / s")
        speeds.set_title(f"{result.network}: {result.left_early:.1%} leave early")
        speeds.legend(fontsize="small")
        gains.plot(list(result.gains), list(result.gains.values()), color=COLOURS[BATCH], marker="o")
        gains.axhline(1, color=COLOURS[NO_EXITS], linestyle="--", label=NO_EXITS)
        gains.axvline(result.left_early, color="#c0392b", linewidth=1, label="share in this network")
        gains.set_ylim(bottom=0)
        gains.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        gains.set_xlabel("share of the images that leave early")
        gains.set_ylabel("gain over no exits")
        gains.set_title(f"{BATCH}, by {SHARES_SIZE}")
        gains.legend(fontsize="small")
    with replacing(path) as temporary:
        figure.savefig(temporary)


def arguments() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path, help="what `fpga-ee export` wrote")
    parser.add_argument("--data", type=Path, help="folder of the data sets' files")
    return parser.parse_args()


def main() -> None:
    """Measure the networks and report."""
    wanted = arguments()
    results = [measure(folder, wanted.data) for folder in wanted.folders]
    for result in results:
        print_table(result)
    content: dict[str, object] = {result.network: record(result) for result in results}
    write_json(RESULT, {"cores": os.cpu_count(), "images": IMAGES, "rounds": ROUNDS, **content})
    draw(results, PICTURE)
    slow = [
        f"{result.network}, by {size}"
        for result in results
        for size in MUST_GAIN
        if result.gain(BATCH, size) <= 1
    ]
    if slow:
        sys.exit(f"not faster than no exits: {'; '.join(slow)}")


if __name__ == "__main__":
    main()
