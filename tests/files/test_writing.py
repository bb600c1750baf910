"""Nothing half-written ever stands under a final name, and trouble is one clear message."""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.files.writing import check_writable, locked, replacing, replacing_together, write_json


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def write_half(path: Path, error: BaseException) -> None:
    path.write_text("half")
    raise error


def test_a_file_appears_when_the_block_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file.txt"
    with replacing(path) as temporary:
        temporary.write_text("content")
        assert not path.exists()
        assert temporary.suffix == ".txt"
    assert path.read_text() == "content"
    assert names(path.parent) == {"file.txt"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failing_block_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file.txt"
    path.write_text("before")
    with pytest.raises(error), replacing(path) as temporary:
        write_half(temporary, error())
    assert path.read_text() == "before"
    assert names(tmp_path) == {"file.txt"}


def test_a_full_disk_is_one_message_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("before")
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(FpgaEeError, match=r"cannot write .*file\.txt: No space"),
        replacing(path) as temporary,
    ):
        write_half(temporary, full)
    assert path.read_text() == "before"
    assert names(tmp_path) == {"file.txt"}


def test_a_file_where_the_folder_should_be_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(FpgaEeError, match="cannot write"), replacing(tmp_path / "folder" / "file.txt"):
        pass
    with pytest.raises(FpgaEeError, match="cannot write"), replacing_together(tmp_path / "folder", last="a"):
        pass
    assert (tmp_path / "folder").read_text() == "a file"


def test_a_folder_where_the_file_should_be_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file.txt").mkdir()
    with pytest.raises(FpgaEeError, match="cannot write"), replacing(tmp_path / "file.txt") as temporary:
        temporary.write_text("content")
    assert names(tmp_path) == {"file.txt"}


def test_what_cannot_be_read_meanwhile_is_not_called_a_problem_of_writing(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "file.txt") as temporary:
        temporary.write_bytes(missing.read_bytes())
    with pytest.raises(FileNotFoundError), replacing_together(tmp_path, last="a") as temporary:
        (temporary / "a").write_bytes(missing.read_bytes())
    assert names(tmp_path) == set()


def test_a_set_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    with (
        pytest.raises(FpgaEeError, match=r"cannot write .*: No such file"),
        replacing_together(tmp_path, last="a") as temporary,
    ):
        (temporary / "no folder" / "a").write_text("")
    assert names(tmp_path) == set()


def test_a_folder_that_can_be_made_is_not_there_before_its_files(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "folder")
    assert names(tmp_path) == set()


def test_a_locked_folder_is_there_and_goes_again_if_nothing_is_written(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "folder"):
        assert names(tmp_path / "new" / "folder") == {".lock"}
    assert names(tmp_path) == set()
    with locked(tmp_path / "new" / "folder"):
        (tmp_path / "new" / "folder" / "result").write_text("")
    assert names(tmp_path / "new" / "folder") == {"result"}


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/below")):
        with pytest.raises(FpgaEeError, match="cannot write"):
            check_writable(folder)


def test_a_set_of_files_appears_together_beside_others(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("stays")
    (tmp_path / "a").write_text("old")
    with replacing_together(tmp_path, last="vouches") as temporary:
        for name in ("vouches", "a", "b"):
            (temporary / name).write_text("new")
        assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == {"other", "vouches", "a", "b"}
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "other").read_text() == "stays"


def test_of_a_failing_set_no_file_appears(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing_together(tmp_path, last="vouches") as temporary:
        write_half(temporary / "a", KeyboardInterrupt())
    assert names(tmp_path) == {"a"}
    assert (tmp_path / "a").read_text() == "old"


def test_the_file_that_vouches_is_moved_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []
    replace = Path.replace

    def noted(path: Path, target: Path) -> Path:
        moved.append(path.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    with replacing_together(tmp_path, last="m") as temporary:
        for name in ("z", "m", "a"):
            (temporary / name).write_text("")
    assert moved[-1] == "m"
    assert set(moved) == {"z", "m", "a"}


def test_json_comes_back_as_it_was(tmp_path: Path) -> None:
    content = {"b": [1, 2.5, None, "ä"], "a": True}
    write_json(tmp_path / "x.json", content)
    assert read_json(tmp_path / "x.json") == content
    assert list(read_json(tmp_path / "x.json")) == ["b", "a"]


def test_a_number_that_json_does_not_have_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", float("nan"))
    assert names(tmp_path) == set()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"a": 1} more'])
def test_what_is_no_json_is_one_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(FpgaEeError, match=r"x\.json is not valid JSON"):
        read_json(tmp_path / "x.json")


def test_a_pipe_where_a_file_should_be_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "record.json")
    with pytest.raises(FpgaEeError, match=r"cannot write .*record\.json: No such device or address"):
        check_writable(tmp_path, "record.json")


def killed_while(block: Callable[[], AbstractContextManager[Path]]) -> None:
    """Begin to write in another process, which is killed in the middle."""
    pid = os.fork()
    if pid == 0:
        with block() as temporary:
            (temporary / "half" if temporary.is_dir() else temporary).write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("begun", ["file", "set"])
@pytest.mark.parametrize("next_one", ["file", "set"])
def test_the_next_run_clears_what_a_killed_one_left(tmp_path: Path, begun: str, next_one: str) -> None:
    blocks = {
        "file": lambda: replacing(tmp_path / "a.txt"),
        "set": lambda: replacing_together(tmp_path, last="a.txt"),
    }
    killed_while(blocks[begun])
    (left,) = names(tmp_path)
    assert left.startswith(".writing-")
    with blocks[next_one]() as temporary:
        (temporary / "a.txt" if temporary.is_dir() else temporary).write_text("whole")
    assert names(tmp_path) == {"a.txt"}
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_what_another_run_is_writing_stays(tmp_path: Path) -> None:
    begun, go_on = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        with replacing(tmp_path / "a"), replacing_together(tmp_path, last="b") as folder:
            (folder / "b").write_text("theirs")
            os.write(begun[1], b"x")
            os.read(go_on[0], 1)
        os._exit(0)
    os.read(begun[0], 1)
    write_json(tmp_path / "c.json", 1)
    assert len([name for name in names(tmp_path) if name.startswith(".writing-")]) == 2
    os.write(go_on[1], b"x")
    assert os.waitpid(pid, 0)[1] == 0
    assert names(tmp_path) == {"a", "b", "c.json"}
    assert (tmp_path / "b").read_text() == "theirs"


def test_a_folder_is_had_alone_and_given_back(tmp_path: Path) -> None:
    with locked(tmp_path):
        with pytest.raises(FpgaEeError, match="is in use by another run"), locked(tmp_path):
            pass
        assert names(tmp_path) == {".lock"}
    assert names(tmp_path) == set()
    killed_while(lambda: alone_as_path(tmp_path))
    with locked(tmp_path):
        pass


@contextmanager
def alone_as_path(folder: Path) -> Iterator[Path]:
    with locked(folder):
        yield folder


def test_a_file_of_the_longest_name_can_be_written(tmp_path: Path) -> None:
    write_json(tmp_path / f"{'x' * 250}.json", 1)
    assert names(tmp_path) == {f"{'x' * 250}.json"}
    with pytest.raises(FpgaEeError, match="File name too long"):
        write_json(tmp_path / f"{'x' * 256}.json", 1)
