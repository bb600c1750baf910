"""A wrong command line ends in one line that says what is wrong and where the help is."""

import pytest
from helpers.commands import fpga_ee


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "network is missing (see `fpga-ee train --help`)"),
        (["train", "B_Lenet", "--epochs", "many"], "--epochs must be a whole number (see `fpga-ee train"),
        (["train", "B_Lenet", f"--epochs={'9' * 5000}"], "--epochs must have fewer digits (see"),
        (["train", "B_Lenet", "--epoch", "3"], "there is no option --epoch; did you mean --epochs? (see"),
        (["train", "B_Lenet", "twice"], "there is no place for twice (see"),
        (["train", "B_Lenet", "--epochs"], "--epochs needs a value (see"),
        (["train", "B_Lenet", "--float=3"], "--float takes no value (see"),
        (["trai"], "there is no verb 'trai'; did you mean 'train'? (see `fpga-ee --help`)"),
        (["hw-simulate", "build", "--stall", "99"], "--stall must be at most 95 (see"),
        (["verify", "build", "--split", "best"], "--split: 'best' is not one of 'train', 'validation',"),
        (["calibrate", "B_Lenet", "--criterion", "x"], "--criterion: criterion must be 'entropy' or"),
        (["hw-estimate", "a", "--late-rate=b"], "--late-rate must be a number (see"),
    ],
)  # fmt: skip
def test_it_says_in_one_line_what_is_wrong(arguments: list[str], message: str) -> None:
    result = fpga_ee(*arguments)
    assert result.code == 2
    assert not result.out
    assert result.err.startswith(f"error: {message}")
    assert result.err.count("\n") == 1


def test_the_command_alone_shows_its_help() -> None:
    result = fpga_ee()
    assert result.code == 2
    assert "hw-generate" in result.out
    assert not result.err
