"""Identifiers are safe, unique and not reserved, for any names of layers."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fpga_ee.artifacts.identifiers import _ENDINGS, check_network_name, identifiers

HOSTILE = [
    "",
    ".",
    "module",
    "$display",
    "image",
    "accelerator",
    "x;y",
    "../../home/a",
    "/etc/passwd",
    'x"; initial $system("id"); //',
    "line\nbreak",
    "con",
    "errno",
    "int",
    "über",
    "[/b]",
    "x" * 1000,
    "__DOT__",
]

WORDS = ["backbone", "exits", "0", "1", "a", "A", *sorted(_ENDINGS)]

names = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(HOSTILE),
        st.lists(
            st.sampled_from(["backbone", "exits", "0", "1", "a", "A", *sorted(_ENDINGS)]), min_size=1
        ).map("_".join),
    ),
    unique=True,
    max_size=12,
)


@given(names)
@example(HOSTILE)
def test_they_are_letters_digits_and_single_underscores_behind_a_word_of_ours(given_names: list[str]) -> None:
    for identifier in identifiers(given_names).values():
        assert re.fullmatch(r"(backbone|exits|layer|numbered)(_[0-9A-Za-z]+)*", identifier)
        assert len(identifier) <= 100


@given(names)
@example(["backbone.0.a_b", "backbone.0_a.b", "BACKBONE.0.a_b", "exits.0.A", "exits.0.a"])
@example(["backbone.0", "backbone.0.sums", "backbone.0.sums.data", "backbone.0_copy_1"])
def test_nothing_that_is_derived_of_one_is_derived_of_another(given_names: list[str]) -> None:
    """Also on file systems that do not tell large letters from small ones."""
    found = identifiers(given_names)
    assert list(found) == given_names
    endings = [
        "",
        *(f"_{ending}" for ending in _ENDINGS),
        *(f"_{a}_{b}" for a in _ENDINGS for b in ("data", "3")),
    ]
    derived = [f"{identifier}{ending}".lower() for identifier in found.values() for ending in endings]
    assert len(set(derived)) == len(derived)


def test_the_names_of_our_networks_stay_as_they_are() -> None:
    given_names = ["backbone.0.layer.0", "backbone.0.layer.0.requantise", "exits.1.0"]
    assert list(identifiers(given_names).values()) == [
        "backbone_0_layer_0",
        "backbone_0_layer_0_requantise",
        "exits_1_0",
    ]


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("module", "layer_module"),
        ("x;y", "layer_x_y"),
        ("/etc/passwd", "layer_etc_passwd"),
        ("image.max_pool", "layer_image_max_pool"),
        ("", "layer"),
        ("backbone.0.data", "numbered_0"),
        ("x" * 1000, "numbered_0"),
    ],
)
def test_other_names_say_what_they_can(name: str, identifier: str) -> None:
    assert identifiers([name]) == {name: identifier}


@pytest.mark.parametrize("name", ["B_Lenet_fcn", "Réseau", "net-2.1", "x", "x" * 60])
def test_a_network_is_called_as_files_can_be(name: str) -> None:
    check_network_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a\nb",
        "a b",
        "x.",
        ".x",
        "x" * 61,
        "con",
        "Aux.x",
        "all_exits",
        "EXIT_0",
        "a\u202eb",
        "[b]",
    ],
)
def test_a_network_is_not_called_as_files_cannot_be(name: str) -> None:
    with pytest.raises(ValueError, match="network"):
        check_network_name(name)
