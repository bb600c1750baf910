"""Times the training of a network: one epoch, and all epochs to early stopping.

    python benchmarks/train.py [NETWORK] [--data FOLDER] [--epochs COUNT]

The settings are the defaults of `fpga-ee train`. With --epochs, training ends after COUNT epochs at the
latest, and only the seconds per epoch mean something. The figures go to the terminal and to
build/benchmarks/train.json.
"""

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from fpga_ee.datasets.known_data_sets import find_data_set
from fpga_ee.files.writing import write_json
from fpga_ee.networks.catalogue import make_network
from fpga_ee.training.fit import train
from fpga_ee.training.settings import TrainingSettings

SETTINGS = TrainingSettings()
LIMIT_SECONDS = 600
RESULT = Path("build/benchmarks/train.json")


def arguments() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("network", nargs="?", default="B_Lenet_fcn")
    parser.add_argument("--data", type=Path, help="folder of the data set's files")
    parser.add_argument("--epochs", type=int, default=SETTINGS.max_epochs, help="at most")
    return parser.parse_args()


def main() -> None:
    """Measure and report."""
    wanted = arguments()
    network = make_network(wanted.network, SETTINGS.seed)
    data_set = find_data_set(network.data_set)
    splits = data_set.load("train", wanted.data), data_set.load("validation", wanted.data)
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        result = train(network, *splits, replace(SETTINGS, max_epochs=wanted.epochs), Path(folder))
        seconds = perf_counter() - start
    epochs = result.stopping_epoch
    table = Table(title=f"Training {wanted.network} on {os.cpu_count()} cores")
    table.add_column("")
    table.add_column("seconds", justify="right")
    table.add_column("limit", justify="right")
    table.add_row("one epoch", f"{seconds / epochs:.1f}", "-")
    table.add_row(f"until it stopped, after {epochs}", f"{seconds:.1f}", str(LIMIT_SECONDS))
    Console().print(table)
    record = {"network": wanted.network, "epochs": epochs, "seconds": seconds, "limit seconds": LIMIT_SECONDS}
    write_json(RESULT, record)


if __name__ == "__main__":
    main()
