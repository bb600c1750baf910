"""Records say which accelerator they are of, and none outlives the accelerator that it is of."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.flow.images import WantedImages
from fpga_ee.flow.simulate import simulate_step
from fpga_ee.flow.synthesise import synthesise_step
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.folder import fingerprint
from fpga_ee.hardware.design.generate import generate, load
from fpga_ee.hardware.fpga.families.ecp5 import FAMILY as ECP5
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.simulation.simulate import NO_PAUSES
from fpga_ee.hardware.tools import verilator, yosys
from fpga_ee.hardware.tools.sources import LIBRARY, modules
from fpga_ee.hardware.tools.workplace import MARK

PLAN = Design({}, 2)
OTHER = Design({"backbone.0.layer.0": Folding(1, 5, 1, 25)}, 2)

RECORDS = ("simulation.json", "synthesis_xc7.json", "synthesis_ecp5.json", "routed/routing.json")
RESULTS = (*RECORDS, "routed/routed.bit", "simulation/program/V", "waveform/wave.vcd", "synthesis/xc7.log")


@pytest.fixture
def folder(generated: Path, tmp_path: Path) -> Path:
    """An accelerator with all results that there are."""
    folder = shutil.copytree(generated, tmp_path / "rtl")
    for name in RESULTS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("of the previous design")
    for work in ("simulation", "waveform", "synthesis"):
        (folder / work / MARK).touch()
    return folder


def left(folder: Path) -> set[str]:
    return {name for name in RESULTS if (folder / name).exists()}


class TestGeneratingAnew:
    def test_removes_the_results_of_the_previous_accelerator(self, exported: Path, folder: Path) -> None:
        generate(exported, OTHER, folder)
        assert not left(folder)
        for name in ("routed", "simulation", "waveform", "synthesis"):
            assert not (folder / name).exists()

    def test_removes_memories_that_the_new_one_does_not_have(self, exported: Path, folder: Path) -> None:
        memories = set(generate(exported, PLAN, folder).diagram.images)
        gone = memories - set(generate(exported, OTHER, folder).diagram.images)
        assert gone == {"backbone_0_layer_0.weights.hex"}, (
            "its weights never change, and are in the top module"
        )
        assert not any((folder / name).exists() for name in gone)

    def test_keeps_the_files_of_others(self, exported: Path, folder: Path) -> None:
        (folder / "notes.txt").write_text("mine")
        (folder / "other.hex").write_text("mine")
        generate(exported, OTHER, folder)
        assert (folder / "notes.txt").read_text() == (folder / "other.hex").read_text() == "mine"

    def test_removes_nothing_where_no_accelerator_stood(self, exported: Path, tmp_path: Path) -> None:
        (tmp_path / "simulation").mkdir()
        (tmp_path / "simulation" / "thesis.txt").write_text("mine")
        generate(exported, PLAN, tmp_path)
        assert (tmp_path / "simulation" / "thesis.txt").exists()

    @pytest.mark.parametrize("name", ["README.md", "design.json", "linear.sv", "accelerator.sv", "files.f"])
    def test_is_refused_where_it_would_overwrite_what_somebody_else_wrote(
        self, exported: Path, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / name).write_text('{"mine": 1}')
        with pytest.raises(FpgaEeError, match=f"{name} would be overwritten, .*: choose another folder"):
            generate(exported, PLAN, tmp_path)
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, '{"mine": 1}')]

    def test_removes_records_also_where_its_file_list_is_gone(self, exported: Path, folder: Path) -> None:
        (folder / "files.f").unlink()
        generate(exported, OTHER, folder)
        assert not left(folder)

    def test_keeps_modules_that_the_accelerator_did_not_bring(self, exported: Path, folder: Path) -> None:
        listed = (folder / "files.f").read_text().split()
        (own,) = sorted({path.name for path in modules()} - set(listed))[:1]
        (folder / own).write_text("mine")
        generate(exported, OTHER, folder)
        assert (folder / own).read_text() == "mine"

    def test_never_writes_into_the_library(self, exported: Path) -> None:
        with pytest.raises(FpgaEeError, match="is the library itself: choose another folder with --rtl"):
            generate(exported, PLAN, LIBRARY)

    def test_follows_no_links(self, exported: Path, folder: Path, tmp_path: Path) -> None:
        shutil.move(folder / "routed", tmp_path / "elsewhere")
        (folder / "routed").symlink_to(tmp_path / "elsewhere")
        generate(exported, OTHER, folder)
        assert not (folder / "routed").is_symlink()
        assert (tmp_path / "elsewhere" / "routed.bit").exists()

    def test_that_is_refused_removes_nothing(self, exported: Path, folder: Path) -> None:
        with pytest.raises(FpgaEeError, match="deadlocks"):
            generate(exported, Design({}, 0), folder)
        assert left(folder) == set(RESULTS)
        assert load(exported, folder)

    def test_that_cannot_write_a_file_removes_nothing(self, exported: Path, folder: Path) -> None:
        (folder / "README.md").unlink()
        (folder / "README.md").mkdir()
        with pytest.raises(FpgaEeError, match=r"cannot write .*README\.md: a folder stands there; remove it"):
            generate(exported, OTHER, folder)
        assert left(folder) == set(RESULTS)
        assert load(exported, folder)

    @pytest.mark.parametrize("moved", [0, 1, 5])
    def test_that_is_interrupted_leaves_no_record_and_no_design(
        self, exported: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, moved: int
    ) -> None:
        monkeypatch.setattr(Path, "replace", interrupted_after(moved))
        with pytest.raises(KeyboardInterrupt):
            generate(exported, OTHER, folder)
        monkeypatch.undo()
        assert not left(folder)
        with pytest.raises(FpgaEeError, match=r"holds no design\.json: make one"):
            load(exported, folder)
        generate(exported, OTHER, folder)
        assert load(exported, folder).design == OTHER


def interrupted_after(moved: int) -> Callable[[Path, Path], Path]:
    """``Path.replace`` that is interrupted when the accelerator's files are moved in."""
    real, count = Path.replace, 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal count
        if self.parent == Path(target).parent:
            return real(self, target)
        if count == moved:
            raise KeyboardInterrupt
        count += 1
        return real(self, target)

    return replace


class TestFingerprint:
    def test_is_the_same_for_the_same_design_wherever_it_is(
        self, exported: Path, generated: Path, folder: Path
    ) -> None:
        assert fingerprint(folder) == fingerprint(generated)
        generate(exported, OTHER, folder)
        assert fingerprint(folder) != fingerprint(generated)
        generate(exported, PLAN, folder)
        assert fingerprint(folder) == fingerprint(generated)

    def test_is_that_of_every_file_that_the_accelerator_is_made_of(
        self, exported: Path, folder: Path
    ) -> None:
        before = fingerprint(folder)
        made_of = [*(folder / "files.f").read_text().split(), *load(exported, folder).diagram.images]
        for name in (*made_of, "design.json"):
            content = (folder / name).read_bytes()
            (folder / name).write_bytes(content + b"\n")
            assert fingerprint(folder) != before, name
            (folder / name).write_bytes(content)
        assert fingerprint(folder) == before

    def test_is_what_other_tools_compute(self, folder: Path) -> None:
        names = sorted(
            [
                *(folder / "files.f").read_text().split(),
                "design.json",
                *(p.name for p in folder.glob("*.hex")),
            ]
        )
        sums = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
        assert fingerprint(folder) == hashlib.sha256("".join(sums).encode()).hexdigest()

    def test_does_not_depend_on_results_or_other_files(self, generated: Path, folder: Path) -> None:
        (folder / "other.hex").write_text("mine")
        assert fingerprint(folder) == fingerprint(generated)


@pytest.mark.slow
def test_a_simulation_names_its_accelerator_and_its_tool(exported: Path, folder: Path) -> None:
    simulate_step(
        exported, folder, WantedImages("validation", None, 2, "mnist"), NO_PAUSES, lambda *_: lambda _: None
    )
    record = read_json(folder / "simulation.json")
    assert record["accelerator"] == fingerprint(folder)
    assert record["tool"] == verilator.version()
    assert record["tool"].startswith("Verilator 5.")


def test_a_synthesis_names_its_accelerator(
    exported: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statistics = '{"modules": {"\\\\accelerator": {"num_cells_by_type": {}}}}'
    monkeypatch.setattr(yosys, "run", lambda *_: (folder / "synthesis" / "ecp5.json").write_text(statistics))
    synthesise_step(exported, folder, ECP5)
    assert read_json(folder / "synthesis_ecp5.json")["accelerator"] == fingerprint(folder)
