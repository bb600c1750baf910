"""What cannot be read is one message that names it."""

from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match="it is a folder; name a file in it"):
        read_bytes(tmp_path)
