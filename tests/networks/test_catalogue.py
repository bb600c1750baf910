"""A network is found by its name, or as package.module:Class; an unusable one is refused."""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import NETWORKS, make_network

HEADER = """
import torch
from torch import nn
from fpga_ee.networks.early_exit import EarlyExitNetwork

def parts(**changes):
    layers = [nn.Sequential(nn.Flatten(), nn.Linear(4, 4)), nn.Linear(4, 4)]
    return dict(backbone=layers, exits=[nn.Linear(4, 2), nn.Linear(4, 2)],
                exit_loss_weights=[1, 1], input_shape=(1, 2, 2)) | changes
"""


WriteModule = Callable[[str], str]
MODULE_NUMBERS = itertools.count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteModule:
    """Writes a module of the user's into the current folder, and gives its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())

    def write(source: str) -> str:
        # A module is imported once in a process, so every test needs a name of its own.
        name = f"users_module_{next(MODULE_NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(HEADER + source)
        return name

    return write


@pytest.mark.parametrize("name", NETWORKS)
def test_known_networks_are_made_by_name(name: str) -> None:
    assert type(make_network(name)).__name__ == name


def test_the_seed_decides_the_weights_and_nothing_else_does() -> None:
    first, second, other = (
        make_network("B_Lenet_se", 1),
        make_network("B_Lenet_se", 1),
        make_network("B_Lenet_se", 2),
    )

    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_making_a_network_leaves_the_callers_random_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make_network("B_Lenet_se", 1)
    assert torch.equal(torch.rand(3), expected)


def test_a_users_network_is_found_in_the_current_folder(module: WriteModule) -> None:
    name = module("class Own(EarlyExitNetwork):\n    def __init__(self): super().__init__(**parts())\n")
    assert type(make_network(f"{name}:Own")).__name__ == "Own"


def test_an_unknown_name_is_answered_with_the_known_and_the_closest() -> None:
    with pytest.raises(FpgaEeError, match=r"B_Lenet, B_Lenet_fcn, B_Lenet_se.*did you mean B_Lenet_fcn\?"):
        make_network("B_lenet_fcm")


def test_a_module_that_is_missing_is_named() -> None:
    with pytest.raises(FpgaEeError, match="cannot import 'no_such_module'"):
        make_network("no_such_module:Own")


def test_a_module_that_fails_is_named_with_its_reason(module: WriteModule) -> None:
    name = module("raise ValueError('out of order')\n")
    with pytest.raises(FpgaEeError, match=rf"cannot import '{name}'.*ValueError: out of order"):
        make_network(f"{name}:Own")


@pytest.mark.parametrize("spec", [":Own", "a..b:Own", ".:Own"])
def test_a_module_name_that_is_none_is_refused(spec: str) -> None:
    with pytest.raises(FpgaEeError, match="cannot import"):
        make_network(spec)


def test_a_missing_class_is_named(module: WriteModule) -> None:
    name = module("")
    with pytest.raises(FpgaEeError, match=f"{name} has no class 'Own'"):
        make_network(f"{name}:Own")


@pytest.mark.parametrize("what", ["nn", "parts", "nn.Module"])
def test_what_is_no_early_exit_network_is_refused(module: WriteModule, what: str) -> None:
    name = module(f"Own = {what}\n")
    with pytest.raises(FpgaEeError, match=r"is not a class derived from .*EarlyExitNetwork; inherit from it"):
        make_network(f"{name}:Own")


def test_a_class_with_the_name_of_a_known_network_is_refused(module: WriteModule) -> None:
    name = module("class B_Lenet(EarlyExitNetwork):\n    def __init__(self): super().__init__(**parts())\n")
    with pytest.raises(FpgaEeError, match=f"{name}:B_Lenet has the name of .*; rename the class"):
        make_network(f"{name}:B_Lenet")


def test_a_constructor_that_needs_arguments_is_refused(module: WriteModule) -> None:
    name = module("class Own(EarlyExitNetwork):\n    def __init__(self, width): pass\n")
    with pytest.raises(FpgaEeError, match=r"Own\(\) fails: TypeError.*without arguments"):
        make_network(f"{name}:Own")


def test_parts_that_do_not_fit_are_told_without_a_word_about_arguments(module: WriteModule) -> None:
    name = module(
        "class Own(EarlyExitNetwork):\n"
        "    def __init__(self): super().__init__(**parts(exit_loss_weights=[1]))\n"
    )
    with pytest.raises(FpgaEeError, match=r"^Own: every stage needs .* 1 loss weights$"):
        make_network(f"{name}:Own")


def test_layers_that_do_not_fit_are_refused(module: WriteModule) -> None:
    name = module(
        "class Own(EarlyExitNetwork):\n"
        "    def __init__(self): super().__init__(**parts(input_shape=(1, 3, 3)))\n"
    )
    with pytest.raises(
        FpgaEeError, match=r"Own fails on an image of its input shape \(1, 3, 3\): RuntimeError"
    ):
        make_network(f"{name}:Own")


def test_exits_with_different_classes_are_refused(module: WriteModule) -> None:
    name = module(
        "class Own(EarlyExitNetwork):\n"
        "    def __init__(self): super().__init__(**parts(exits=[nn.Linear(4, 2), nn.Linear(4, 3)]))\n"
    )
    with pytest.raises(
        FpgaEeError, match=r"must all give logits \[1, classes\], but they give \[\[1, 2\], \[1, 3\]\]"
    ):
        make_network(f"{name}:Own")


def test_exits_that_give_one_image_several_rows_are_refused(module: WriteModule) -> None:
    name = module(
        "class Rows(nn.Module):\n"
        "    def forward(self, x): return x.reshape(-1, 2)\n"
        "class Own(EarlyExitNetwork):\n"
        "    def __init__(self): super().__init__(**parts(exits=[Rows(), Rows()]))\n"
    )
    with pytest.raises(FpgaEeError, match=r"exits\.0 gives \[2, 2\] of \[1, 4\]: the first dimension"):
        make_network(f"{name}:Own")


def test_trying_a_network_out_does_not_touch_its_running_statistics(module: WriteModule) -> None:
    name = module(
        "class Own(EarlyExitNetwork):\n"
        "    def __init__(self):\n"
        "        stages = [nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4)), nn.Linear(4, 4)]\n"
        "        super().__init__(**parts(backbone=stages))\n"
    )
    network = make_network(f"{name}:Own")
    assert network.training
    assert int(network.backbone[0][1].num_batches_tracked) == 0


LAZY = (
    "class Own(EarlyExitNetwork):\n"
    "    def __init__(self):\n"
    "        first = nn.Sequential(nn.LazyConv2d(3, 1), nn.LazyBatchNorm2d(), nn.Flatten())\n"
    "        super().__init__(**parts(backbone=[first, nn.LazyLinear(4)],\n"
    "                                 exits=[nn.LazyLinear(2), nn.LazyLinear(2)]))\n"
)


def test_lazy_layers_get_weights_that_the_seed_decides_and_that_can_be_trained(module: WriteModule) -> None:
    name = f"{module(LAZY)}:Own"
    first, again, other = make_network(name, 1), make_network(name, 1), make_network(name, 2)
    assert type(first.backbone[0][0]) is torch.nn.Conv2d
    assert type(first.exits[0]) is torch.nn.Linear
    pairs = list(zip(first.parameters(), again.parameters(), other.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b, _ in pairs)
    assert not all(torch.equal(a, c) for a, _, c in pairs)
    torch.stack([logits.sum() for logits in first(torch.rand(4, 1, 2, 2))]).sum().backward()
    assert all(parameter.grad is not None for parameter in first.parameters())


def test_making_a_lazy_network_leaves_the_callers_random_numbers_alone(module: WriteModule) -> None:
    name = f"{module(LAZY)}:Own"
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make_network(name, 1)
    assert torch.equal(torch.rand(3), expected)


def test_a_lazy_layer_that_no_image_reaches_is_refused(module: WriteModule) -> None:
    name = module(
        "class Own(EarlyExitNetwork):\n"
        "    def __init__(self):\n"
        "        super().__init__(**parts())\n"
        "        self.spare = nn.LazyLinear(3)\n"
    )
    with pytest.raises(FpgaEeError, match=r"no image reaches the lazy layer of spare\.weight: leave it out"):
        make_network(f"{name}:Own")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("(x, x)", "a tuple of 2"),
        ("[x]", "a list of 1"),
        ("{'x': x}", "a dict"),
        ("None", r"nothing \(None\)"),
    ],
)
@pytest.mark.parametrize("part", ["backbone", "exits"])
def test_a_part_that_hands_on_anything_but_one_tensor_is_refused(
    module: WriteModule, given: str, told: str, part: str
) -> None:
    name = module(
        "class Odd(nn.Linear):\n"
        "    def forward(self, x):\n"
        "        x = super().forward(x)\n"
        f"        return {given}\n"
        "class Own(EarlyExitNetwork):\n"
        "    def __init__(self):\n"
        "        layers = dict(backbone=[nn.Flatten(), Odd(4, 4)], exits=[nn.Linear(4, 2), Odd(4, 2)])\n"
        f"        super().__init__(**parts({part}=layers['{part}']))\n"
    )
    with pytest.raises(FpgaEeError, match=rf"{part}\.1 gives {told}, but a part hands on one tensor"):
        make_network(f"{name}:Own")


@pytest.mark.parametrize("shape", ["(1, 2)", "(1, 2, 0)", "(1, 2, 2.0)", "(1, -2, 2)", "4"])
def test_an_input_shape_that_is_none_is_refused(module: WriteModule, shape: str) -> None:
    name = module(
        "class Own(EarlyExitNetwork):\n"
        f"    def __init__(self): super().__init__(**parts(input_shape={shape}))\n"
    )
    with pytest.raises(FpgaEeError, match=r"input_shape is .*; give channels, rows and columns"):
        make_network(f"{name}:Own")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class N(EarlyExitNetwork):\n    def __init__(self): raise SystemExit(0)", "fails: SystemExit"),
        (
            """
class N(EarlyExitNetwork):
    def __init__(self): super().__init__(**parts())
    def forward(self, images): raise SystemExit(0)
""",
            "fails on an image of its input shape",
        ),
        ("raise SystemExit(0)", "cannot import"),
    ],
)
def test_code_that_ends_the_process_is_told_as_trouble(
    module: WriteModule, source: str, message: str
) -> None:
    with pytest.raises(FpgaEeError, match=message):
        make_network(f"{module(source)}:N")


def test_another_default_dtype_is_refused_and_put_back(module: WriteModule) -> None:
    name = module(
        "class N(EarlyExitNetwork):\n    def __init__(self):\n"
        "        torch.set_default_dtype(torch.float64); super().__init__(**parts())"
    )
    with pytest.raises(FpgaEeError, match="changes PyTorch's default dtype"):
        make_network(f"{name}:N")
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize("layer", ['a"b', "a'b", "a\\\\b"])
def test_a_layer_whose_name_python_cannot_write_is_refused(module: WriteModule, layer: str) -> None:
    name = module(
        "class N(EarlyExitNetwork):\n    def __init__(self):\n"
        f"        super().__init__(**parts()); self.backbone[0].add_module({layer!r}, nn.Identity())"
    )
    with pytest.raises(FpgaEeError, match="take names without quotes, backslashes and control characters"):
        make_network(f"{name}:N")


@pytest.mark.parametrize("class_name", ["exit_0", "con", "n" * 61])
def test_a_class_whose_name_names_no_files_is_refused_before_it_is_trained(
    module: WriteModule, class_name: str
) -> None:
    name = module(
        f"class {class_name}(EarlyExitNetwork):\n    def __init__(self): super().__init__(**parts())"
    )
    with pytest.raises(FpgaEeError, match=r"network.*; rename the class"):
        make_network(f"{name}:{class_name}")


def test_what_lies_beside_a_network_stands_in_for_no_library(module: WriteModule, tmp_path: Path) -> None:
    name = module("class N(EarlyExitNetwork):\n    def __init__(self): super().__init__(**parts())")
    (tmp_path / "sympy.py").write_text("raise RuntimeError('planted')")
    make_network(f"{name}:N")
    assert sys.path[0] != str(tmp_path)
    assert sys.path[-1] == str(tmp_path)
