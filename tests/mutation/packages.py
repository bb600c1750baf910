"""The packages that are mutated, with the tests that should notice."""

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
        ("fpga_ee/quantization/**/*.py",), ("tests/quantization/**/test_*.py", "tests/flow/test_check.py")
    ),
    "exits": Package(
        ("fpga_ee/exits/**/*.py", "fpga_ee/artifacts/rules/**/*.py"),
        (
            "tests/exits/**/test_*.py",
            "tests/artifacts/rules/**/test_*.py",
            # The nodes that read the constants of a rule.
            "tests/export/decisions/test_*.py",
        ),
    ),
    "export": Package(("fpga_ee/export/**/*.py",), ("tests/export/**/test_*.py",)),
    # Without the 200 drawn networks, whose every set takes longer than the tests of a mutant may.
    "verification": Package(
        ("fpga_ee/verification/*.py",),
        ("tests/verification/test_*.py",),
        ("-k", "not test_fixed_point_is_exact"),
    ),
    # Without the bench that simulates all modules: it takes longer than the tests of a mutant may.
    "cycle model": Package(
        (
            "fpga_ee/hardware/fpgaconvnet/layers/*.py",
            "fpga_ee/hardware/timing/pipeline.py",
            "fpga_ee/hardware/timing/passages.py",
            "fpga_ee/hardware/timing/windows.py",
            "fpga_ee/hardware/design/throughput.py",
            "fpga_ee/hardware/network/layers/*.py",
        ),
        (
            "tests/hardware/fpgaconvnet/test_*.py",
            "tests/hardware/timing/test_pipeline.py",
            "tests/hardware/timing/test_passages.py",
            "tests/hardware/timing/test_windows.py",
            "tests/hardware/design/test_*.py",
            "tests/hardware/network/test_*.py",
            "tests/hardware/network/layers/test_*.py",
        ),
        _QUICK,
    ),
    # Without what counts modules with Yosys for the fit, `measure` and `sweep`.
    "area model": Package(
        (
            "fpga_ee/hardware/area/coefficients.py",
            "fpga_ee/hardware/area/model.py",
            *(
                f"fpga_ee/hardware/fpga/{name}.py"
                for name in ("rom_bits", "family", "memory_mapping", "read_only", "terms", "word_choice")
            ),
            "fpga_ee/hardware/library/*.py",
        ),
        (
            "tests/hardware/area/test_*.py",
            "tests/hardware/fpga/**/test_*.py",
            "tests/hardware/design/test_machines*.py",
            *(
                f"tests/hardware/library/test_{name}.py"
                for name in (
                    "constant_products",
                    "exit_decisions_of_rules",
                    "inside",
                    "library",
                    "requantise",
                    "row_ledger",
                )
            ),
            "tests/hardware/network/test_window.py",
        ),
        (*_QUICK, "-k", "not no_sweep_has_seen"),
    ),
}
