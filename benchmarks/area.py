"""The resource model: count single modules with Yosys, fit the model on the counts, hold it against networks.

    python benchmarks/area.py sweep     # an hour; appends to hw/area/xc7.jsonl what is new or changed
    python benchmarks/area.py fit       # seconds; writes hw/area/xc7.json
    python benchmarks/area.py errors xc7 build/B_Lenet_se build/B_Lenet_fcn     # or xcup

No network is needed for the fit: weights are drawn at random. The last compares the model with the synthesis
of whole networks at six foldings of hw/designs. That is minutes each; what is in
build/<network>/rtl_<folding>/ already is not made again.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from area_cases import cases
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from fpga_ee.files.reading import read_json
from fpga_ee.files.writing import replacing, write_json
from fpga_ee.flow.generate import generate_step
from fpga_ee.flow.synthesise import synthesise_step
from fpga_ee.hardware.area.coefficients import fit
from fpga_ee.hardware.area.measure import measure
from fpga_ee.hardware.area.model import diagram_area
from fpga_ee.hardware.area.sweep import case_of, read, sources
from fpga_ee.hardware.design.folder import DESIGN
from fpga_ee.hardware.design.generate import load
from fpga_ee.hardware.fpga.families import MODELLED
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.tools.sources import AREA
from fpga_ee.hardware.tools.yosys import version

SWEEP = AREA / f"{SERIES_7.name}.jsonl"
DESIGNS = AREA.parent / "designs"
FOLDINGS = ("smallest", "small", "medium", "ecp5", "fast", "wide")
BATCH = 12
"""Cases of one synthesis: the time of more of them grows faster than they do."""


def sweep(_: Sequence[str]) -> None:
    """Count the cases that were not yet counted by this tool and for this library."""
    lines = SWEEP.read_text(encoding="utf-8").splitlines() if SWEEP.exists() else []
    records = [json.loads(line) for line in lines]
    tool = version()
    kept = [r for r in records if (r["tool"], r["sources"]) == (tool, sources(case_of(r)))]
    done = [case_of(record) for record in kept]
    wanted = [case for case in cases() if case not in done]
    with replacing(SWEEP) as file:
        file.write_text("".join(json.dumps(record) + "\n" for record in kept), encoding="utf-8")
    while wanted:
        batch, wanted = wanted[:BATCH], wanted[BATCH:]
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            counts = measure(batch, Path(folder), SERIES_7)
        with SWEEP.open("a", encoding="utf-8") as file:
            for case, takes in zip(batch, counts, strict=True):
                record = asdict(case) | {"takes": takes, "tool": tool, "sources": sources(case)}
                file.write(json.dumps(record) + "\n")
        print(f"{len(batch)} cases in {time.monotonic() - start:.0f} s, {len(wanted)} to go", flush=True)


def fit_and_write(_: Sequence[str]) -> None:
    """Fit the model on all that is counted."""
    write_json(
        AREA / f"{SERIES_7.name}.json", {"schema": 1, "tool": version(), "coefficients": fit(read(SWEEP))}
    )


def errors(arguments: Sequence[str]) -> None:
    """Print the resources of whole networks on a family, counted and by the model."""
    family, *builds = arguments
    headings = ["network", "folding"]
    headings += [f"{name}{of}" for name in ("LUT", "FF") for of in ("", ", model", ", error")]
    headings += [f"{name}{of}" for name in ("DSP", "BRAM18") for of in ("", ", model")]
    table = Table(*headings, box=MARKDOWN)
    for build in map(Path, builds):
        for folding in FOLDINGS:
            table.add_row(build.name, folding, *_errors(build, folding, MODELLED[family]))
    Console(width=200).print(table)


def _errors(build: Path, folding: str, family: Family) -> list[str]:
    folder = build / f"rtl_{folding}"
    if not (folder / DESIGN).exists():
        generate_step(build, DESIGNS / f"{folding}.json", None, folder)
    file = folder / f"synthesis_{family.name}.json"
    if not file.exists():
        synthesise_step(build, folder, family)
    counted = read_json(file)["total"]
    said = asdict(sum(diagram_area(load(build, folder).diagram, family).values(), Resources()))
    cells = []
    for name in ("lut", "ff"):
        off = 100 * (said[name] / counted[name] - 1)
        cells += [f"{counted[name]:,}", f"{said[name]:,}", f"{off:+.1f} %"]
    return cells + [str(counts[name]) for name in ("dsp", "bram") for counts in (counted, said)]


if __name__ == "__main__":
    {"sweep": sweep, "fit": fit_and_write, "errors": errors}[sys.argv[1]](sys.argv[2:])
