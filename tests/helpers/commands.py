"""Running the command in this process."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

import pytest

from fpga_ee import cli


@dataclass(frozen=True)
class Result:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


def fpga_ee(*arguments: object) -> Result:
    out, err = io.StringIO(), io.StringIO()
    command = ["fpga-ee", *map(str, arguments)]
    with (
        patch.object(sys, "argv", command),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        cli.main()
    return Result(int(end.value.code or 0), out.getvalue(), err.getvalue())
