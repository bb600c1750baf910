"""Programs that are started end with the step that started them, and so does all that they start."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.tools.programs import run, talking

# Writes down its own number and that of a program that it starts, as make starts compilers.
LONG = "sleep 1000 & echo $$ $! > numbers.part; mv numbers.part numbers; echo started; wait"

STEP = """
import sys
from pathlib import Path
from fpga_ee import cli
from fpga_ee.hardware.tools.programs import run, talking

def step(**_):
    run(["sh", "-c", sys.argv[1]], Path(), Path("log"))

def reading_step(**_):
    with talking(["sh", "-c", sys.argv[1]], Path()) as process:
        list(process.stdout)

cli.app = {"run": step, "talking": reading_step}[sys.argv[2]]
cli.main()
"""


def runs(number: int) -> bool:
    """Tell whether a process runs; one that has ended may still be waited for."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def soon(happens: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not happens() and time.monotonic() < until:
        time.sleep(0.02)
    return happens()


def numbers(folder: Path) -> list[int]:
    """Give the process IDs of the long program and of its child, once both run."""
    assert soon((folder / "numbers").exists)
    found = [int(number) for number in (folder / "numbers").read_text().split()]
    assert len(found) == 2
    assert all(map(runs, found))
    return found


@pytest.mark.parametrize("how", ["run", "talking"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_that_ends_the_command_ends_them(
    tmp_path: Path, how: str, number: signal.Signals, code: int
) -> None:
    # Also where the tests themselves run under nohup.
    heeding = f"import signal\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n{STEP}"
    with subprocess.Popen([sys.executable, "-c", heeding, LONG, how], cwd=tmp_path) as command:
        started = numbers(tmp_path)
        command.send_signal(number)
        assert command.wait(60) == code
    assert soon(lambda: not any(map(runs, started)))


@pytest.mark.parametrize("how", ["run", "talking"])
def test_a_command_that_is_killed_takes_them_with_it(tmp_path: Path, how: str) -> None:
    with subprocess.Popen([sys.executable, "-c", STEP, LONG, how], cwd=tmp_path) as command:
        started = numbers(tmp_path)
        command.kill()
        assert command.wait(60) == -signal.SIGKILL
    assert soon(lambda: not any(map(runs, started)))


def test_what_a_program_leaves_running_ends_with_it(tmp_path: Path) -> None:
    leaving = "sleep 1000 & echo $$ $! > numbers"
    assert run(["sh", "-c", leaving], tmp_path, tmp_path / "log") == 0
    started = [int(number) for number in (tmp_path / "numbers").read_text().split()]
    assert soon(lambda: not any(map(runs, started)))


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    """As under nohup."""
    ignoring = f"import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n{STEP}"
    with subprocess.Popen([sys.executable, "-c", ignoring, LONG, "run"], cwd=tmp_path) as command:
        started = numbers(tmp_path)
        command.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            command.wait(0.5)
        command.terminate()
        assert command.wait(60) == 143
    assert soon(lambda: not any(map(runs, started)))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, FpgaEeError])
def test_an_exception_while_they_are_read_ends_them(tmp_path: Path, error: type[BaseException]) -> None:
    started: list[int] = []

    def read() -> None:
        with talking(["sh", "-c", LONG], tmp_path) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            started.extend(numbers(tmp_path))
            raise error

    with pytest.raises(error):
        read()
    assert soon(lambda: not any(map(runs, started)))


def test_what_they_say_is_kept_or_read_with_their_exit_code(tmp_path: Path) -> None:
    command = ["sh", "-c", "pwd; echo $EXTRA >&2; exit 3"]
    assert run(command, tmp_path, tmp_path / "log", {"EXTRA": "more"}) == 3
    assert (tmp_path / "log").read_text() == f"{tmp_path}\nmore\n"
    with talking(command, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.read() == f"{tmp_path}\n\n"
    assert process.returncode == 3
    assert run(["sh", "-c", "kill -9 $$"], tmp_path, tmp_path / "log") == -9


def test_they_read_nothing_from_the_terminal(tmp_path: Path) -> None:
    assert run(["sh", "-c", "read line && exit 1 || exit 0"], tmp_path, tmp_path / "log") == 0


def test_one_that_cannot_be_started_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "program"
    with pytest.raises(FpgaEeError, match=f"cannot start {path}: No such file or directory; check that"):
        run([str(path)], tmp_path, tmp_path / "log")
    path.write_text("")
    with (
        pytest.raises(FpgaEeError, match=f"cannot start {path}: Permission denied; check that"),
        talking([str(path)], tmp_path),
    ):
        pass
