"""The command itself: its help, and options that it does not have."""

import subprocess
import sys

from helpers.commands import fpga_ee


def test_the_help_comes_without_loading_torch() -> None:
    script = (
        "import sys; sys.argv = ['fpga-ee', '--help']\n"
        "from fpga_ee.cli import main\n"
        "try: main()\n"
        "finally: assert 'torch' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "networks" in result.stdout
    assert "train" in result.stdout


def test_an_unknown_option_is_refused() -> None:
    assert fpga_ee("train", "B_Lenet", "--depth", "3").code == 2
