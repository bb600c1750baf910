"""What is mutated, and which tests are to notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """Code that is mutated.

    Attributes:
        code: Its files, from the root of the repository; patterns.
        tests: Files of tests that concern it; patterns.
        options: Of pytest, that leave tests of these files out.
    """

    code: tuple[str, ...]
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()

    def files(self, root: Path) -> list[str]:
        """Its files."""
        return [*_found(root, self.code)]

    def test_files(self, root: Path) -> list[str]:
        """The files of its tests."""
        return [*_found(root, self.tests)]


def _found(root: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    for pattern in patterns:
        yield from sorted(str(path.relative_to(root)) for path in root.glob(pattern))


_QUICK = ("-m", "not slow")
"""Without tests that simulate whole networks, or synthesise anything."""

PACKAGES = {
    "quantization": Package(
        ("fpga_ee/quantization/*.py",), ("tests/quantization/test_*.py", "tests/flow/test_check.py")
    ),
    "exits": Package(
        ("fpga_ee/exits/*.py", "fpga_ee/artifacts/exit_tables.py"),
        ("tests/exits/test_*.py", "tests/artifacts/test_exit_tables.py"),
    ),
    "export": Package(
        ("fpga_ee/export/*.py",), ("tests/export/test_*.py", "tests/exits/test_integer_decision_in_onnx.py")
    ),
    "verification": Package(("fpga_ee/verification/*.py",), ("tests/verification/test_*.py",)),
    "cycle model": Package(
        (
            "fpga_ee/hardware/cycles.py",
            "fpga_ee/hardware/rtl/cycles.py",
            "fpga_ee/hardware/rtl/line.py",
            "fpga_ee/hardware/rtl/throughput.py",
        ),
        (
            "tests/hardware/test_cycles.py",
            "tests/hardware/rtl/test_line.py",
            "tests/hardware/rtl/test_machines.py",
            "tests/hardware/rtl/test_passages.py",
            "tests/hardware/rtl/test_throughput.py",
        ),
        _QUICK,
    ),
    # Without what counts modules with Yosys for the fit, `measure` and `sweep`.
    "area model": Package(
        tuple(
            f"fpga_ee/hardware/rtl/area/{name}.py"
            for name in (
                "choice",
                "columns",
                "constant_products",
                "family",
                "fit",
                "instances",
                "mapping",
                "model",
                "modules",
                "row_ledger",
                "terms",
                "windows",
            )
        ),
        (
            "tests/hardware/rtl/test_area.py",
            "tests/hardware/rtl/test_block_area.py",
            "tests/hardware/rtl/test_inside.py",
            "tests/hardware/rtl/test_sweep.py",
        ),
        (*_QUICK, "-k", "not no_sweep_has_seen"),
    ),
}
