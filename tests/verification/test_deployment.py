"""Files are verified against the network that made them, and only the user says which code that is."""

from pathlib import Path

import pytest
from helpers.deploying import NAME, load
from helpers.exported import RULES, Exported
from helpers.small_networks import Striped

from fpga_ee.errors import FpgaEeError
from fpga_ee.verification.deployment import load_deployment


def test_files_from_outside_do_not_choose_which_code_runs(exported: Exported) -> None:
    with pytest.raises(
        FpgaEeError, match=f"made by code outside this package; to run it, name it: --network {NAME}"
    ):
        load_deployment(exported.folder, None)


def test_another_network_than_the_one_that_made_them_is_refused(exported: Exported) -> None:
    with pytest.raises(FpgaEeError, match=f"was made by '{NAME}', not by B_Lenet: name that one"):
        load_deployment(exported.folder, "B_Lenet")


def test_a_float_network_decides_by_its_float_rules(float_export: Path) -> None:
    found = load(Striped(), float_export)
    assert not found.exact
    assert found.network is found.float_network
    assert found.exit_tests == found.rules == RULES[:1]
    assert found.folder == float_export
