"""Two classes of one name share a folder's name: results and weights of the other are refused."""

import shutil
from pathlib import Path

import pytest
from helpers.built import NETWORK, Built
from helpers.commands import fpga_ee

from fpga_ee.artifacts.source import check_source
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.files.writing import write_json
from fpga_ee.networks.catalogue import canonical
from fpga_ee.training.origin import check_origin, check_output

OTHER = "same_name:Digits"
RECORDS = ("calibration.json", "quantization.json", "manifest.json")


@pytest.fixture
def mine(built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """A copy of the results, and a module beside it with a class of the same name."""
    (tmp_path / "same_name.py").write_text("from helpers.small_networks import Digits\n")
    monkeypatch.syspath_prepend(tmp_path)
    shutil.copytree(built.folder.parent, tmp_path / "mine")
    return Built(tmp_path / "mine" / built.weights.name, tmp_path / "mine" / built.folder.name)


def test_every_record_names_its_source(mine: Built) -> None:
    assert [read_json(mine.folder / name)["source"] for name in RECORDS] == [NETWORK] * 3


@pytest.mark.parametrize("step", [("calibrate",), ("quantize",), ("export",), ("export", "--float")])
def test_a_step_refuses_a_folder_of_another_source_and_says_what_to_do(
    mine: Built, step: tuple[str, ...]
) -> None:
    verb, *options = step
    before = {path.name: path.read_bytes() for path in mine.folder.iterdir()}
    result = fpga_ee(verb, OTHER, *mine.arguments[1:], *options)
    assert result.code == 2
    assert f"is of the network '{NETWORK}', not of {OTHER}: name another folder with --build" in result.err
    assert {path.name: path.read_bytes() for path in mine.folder.iterdir()} == before


@pytest.mark.parametrize("left", RECORDS)
def test_one_record_of_another_source_is_enough(mine: Built, left: str) -> None:
    for name in set(RECORDS) - {left}:
        (mine.folder / name).unlink()
    with pytest.raises(FpgaEeError, match=rf"{left} is of the network"):
        check_source(mine.folder, OTHER)
    check_source(mine.folder, NETWORK)


def test_verify_refuses_another_source(mine: Built) -> None:
    result = fpga_ee("verify", mine.folder, "--network", OTHER, "--images", 5)
    assert result.code == 2
    assert f"was made by '{NETWORK}', not by {OTHER}: name that one, or export again" in result.err


def test_a_record_that_is_a_link_names_no_source(mine: Built, tmp_path: Path) -> None:
    for name in RECORDS:
        (mine.folder / name).rename(tmp_path / name)
        (mine.folder / name).symlink_to(tmp_path / name)
    check_source(mine.folder, OTHER)


@pytest.mark.parametrize("text", ["", "[]", '{"source": 3}', "{}"])
def test_a_damaged_record_is_left_to_the_step_that_needs_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    check_source(tmp_path, NETWORK)


def test_a_network_of_this_package_has_one_source_however_it_is_named() -> None:
    assert canonical("fpga_ee.networks.b_lenet:B_Lenet") == canonical("B_Lenet") == "B_Lenet"
    assert canonical("own.module:Own") == "own.module:Own"


class TestWeights:
    """Trained weights are those that the training beside them made, for this network."""

    @pytest.fixture
    def weights(self, mine: Built) -> Path:
        training = {"weights_sha256": read_json(mine.folder / "calibration.json")["weights_sha256"]}
        write_json(mine.weights.with_name("training.json"), training | {"source": NETWORK})
        return mine.weights

    def test_those_are_taken(self, mine: Built, weights: Path) -> None:
        check_origin(weights, NETWORK)
        assert fpga_ee("export", *mine.arguments, "--float").code == 0

    def test_a_record_without_a_source_is_of_any_network(self, weights: Path) -> None:
        record = weights.with_name("training.json")
        content = read_json(record)
        del content["source"]
        write_json(record, content)
        check_origin(weights, OTHER)

    @pytest.mark.parametrize("verb", ["calibrate", "quantize"])
    def test_others_are_refused_before_anything_is_done(self, mine: Built, weights: Path, verb: str) -> None:
        record = weights.with_name("training.json")
        write_json(record, read_json(record) | {"weights_sha256": "0" * 64})
        result = fpga_ee(verb, *mine.arguments)
        assert result.code == 2
        assert (
            "training.json describes: its SHA-256 differs; train again, or remove training.json" in result.err
        )

    def test_those_of_another_source_are_refused(self, weights: Path) -> None:
        with pytest.raises(FpgaEeError, match=rf"was trained for '{NETWORK}', not for {OTHER}"):
            check_origin(weights, OTHER)

    def test_they_are_not_trained_over(self, weights: Path) -> None:
        check_output(weights.parent, NETWORK)
        check_output(weights.parent / "new", OTHER)
        with pytest.raises(FpgaEeError, match=rf"holds the weights of '{NETWORK}', .* name another folder"):
            check_output(weights.parent, OTHER)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"weights_sha256": 3}, "weights_sha256 must be a text"),
            ({"weights_sha256": "abc"}, "weights_sha256 must not be so short"),
            ({"source": 3}, "source must be a text"),
        ],
    )
    def test_a_record_that_is_none_is_named(
        self, weights: Path, change: dict[str, object], message: str
    ) -> None:
        record = weights.with_name("training.json")
        write_json(record, read_json(record) | change)
        with pytest.raises(
            FpgaEeError,
            match=rf"training\.json is not the record of a training: {message}.*; train again, or remove it",
        ):
            check_origin(weights, NETWORK)

    @pytest.mark.parametrize("there", [True, False])
    def test_a_record_that_is_a_link_is_refused_where_a_link_to_the_weights_is_taken(
        self, weights: Path, tmp_path: Path, there: bool
    ) -> None:
        record = weights.with_name("training.json")
        record.rename(tmp_path / ("elsewhere.json" if there else "gone.json"))
        record.symlink_to(tmp_path / "elsewhere.json")
        with pytest.raises(FpgaEeError, match=r"training\.json is a link: put the file itself there"):
            check_origin(weights, NETWORK)
        record.unlink()
        weights.rename(tmp_path / "elsewhere.safetensors")
        weights.symlink_to(tmp_path / "elsewhere.safetensors")
        check_origin(weights, NETWORK)

    def test_weights_of_another_name_have_no_record(self, weights: Path) -> None:
        check_origin(weights.rename(weights.with_name("best.safetensors")), OTHER)
