"""Times the steps of `make export`, and compares them with a plain torch.onnx.export.

A plain export is the alternative: one float ONNX file per network, with nothing calibrated, quantized, split
or proven. Both are measured in the same run, on the trained weights in models/:

    python benchmarks/deploy.py [NETWORK ...]

At the end `fpga-ee deploy` of all networks is timed as one process, with its start, as `make export` runs it.
The figures go to the terminal and to build/benchmarks/deploy.json.
"""

import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import torch
from rich.console import Console
from rich.table import Table

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.files.writing import write_json
from fpga_ee.flow.calibrate import calibrate_step
from fpga_ee.flow.export import export_fixed_point_step
from fpga_ee.flow.images import WantedImages
from fpga_ee.flow.quantize import quantize_step
from fpga_ee.flow.subject import OWN_MODELS, Subject
from fpga_ee.flow.verify import verify_step

NETWORKS = ("B_Lenet_fcn", "B_Lenet_se")
LIMIT_SECONDS = {"verify": 30, "fpga-ee deploy": 60}
RESULT = Path("build/benchmarks/deploy.json")


def seconds(task: Callable[[], object]) -> float:
    """Measure the time of a task."""
    start = perf_counter()
    task()
    return perf_counter() - start


def plain_export(subject: Subject, folder: Path) -> None:
    """Export the float network with nothing around it."""
    network = subject.network()
    image = torch.zeros(1, *network.input_shape)
    torch.onnx.export(network, (image,), folder / "plain.onnx", dynamo=True, opset_version=21, verbose=False)


def measure(name: str, folder: Path) -> dict[str, float]:
    """Seconds of each step of one network, and of every run of its verification."""
    subject = Subject(name, folder=folder)
    steps = {
        "plain export": seconds(lambda: plain_export(subject, folder)),
        "calibrate": seconds(lambda: calibrate_step(subject, TOP1, max_drop=0.1)),
        "quantize": seconds(lambda: quantize_step(subject, Widths(), None)),
        "export": seconds(lambda: export_fixed_point_step(subject, (), 1)),
    }
    start = perf_counter()
    verification = verify_step(
        folder, None, WantedImages("validation"), lambda _name, _total: lambda _count: None
    )
    steps["verify"] = perf_counter() - start
    steps["verify: PyTorch, all exits"] = verification.reference_seconds
    for run in verification.runs:
        steps[f"verify: {run.name}{f', {run.level}' if run.level else ''}"] = run.seconds
    return steps


def deploy(networks: Sequence[str], folder: Path) -> None:
    """Run the command in an empty folder."""
    (folder / OWN_MODELS).symlink_to(OWN_MODELS.resolve())
    command = [str(Path(sys.executable).with_name("fpga-ee")), "deploy", *networks]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def seconds_table(title: str) -> Table:
    """An empty table of steps."""
    table = Table(title=f"{title}: seconds on {os.cpu_count()} cores")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("limit", justify="right")
    return table


def row(step: str, time: float) -> tuple[str, str, str]:
    """A step, its seconds, and how many they may be."""
    return step, f"{time:.1f}", str(LIMIT_SECONDS.get(step, "-"))


def main() -> None:
    """Measure the networks and report."""
    networks = sys.argv[1:] or NETWORKS
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    result: dict[str, object] = {}
    for name in networks:
        with tempfile.TemporaryDirectory() as folder:
            # The first export of a process also loads the exporter; that is nobody's step.
            plain_export(Subject(name), Path(folder))
            steps = measure(name, Path(folder))
        whole = sum(steps[step] for step in ("calibrate", "quantize", "export", "verify"))
        ratio = whole / steps["plain export"]
        table = seconds_table(name)
        for step, time in steps.items():
            table.add_row(*row(step, time))
        table.caption = (
            f"Calibrated, quantized, exported and proven in {whole:.1f} s, {ratio:.1f} times a plain export. "
            "The runs of verify go on side by side."
        )
        Console().print(table)
        result[name] = {"seconds": steps, "whole": whole, "ratio to a plain export": ratio}
    with tempfile.TemporaryDirectory() as folder:
        whole = seconds(lambda: deploy(networks, Path(folder)))
    table = seconds_table(", ".join(networks))
    table.add_row(*row("fpga-ee deploy", whole))
    Console().print(table)
    result["fpga-ee deploy"] = {"seconds": whole}
    result["limit seconds"] = LIMIT_SECONDS
    write_json(RESULT, result)


if __name__ == "__main__":
    main()
