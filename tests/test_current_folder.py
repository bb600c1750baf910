"""Files in the folder in which a command is called have no effect."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from fpga_ee.current_folder import load_matplotlib_apart
load_matplotlib_apart()
import matplotlib
print(matplotlib.rcParams["text.usetex"])
"""


def test_settings_of_matplotlib_are_not_taken_from_it(tmp_path: Path) -> None:
    """They can make it run LaTeX with commands of theirs."""
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\n")
    said = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"


def test_a_pipe_in_their_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "matplotlibrc")
    subprocess.run([sys.executable, "-P", "-c", PROGRAM], cwd=tmp_path, check=True, timeout=60)
