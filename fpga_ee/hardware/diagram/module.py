"""A module of the hardware library, as diagrams, timing and area see it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, Protocol

from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.timing.pipeline import Pipeline

Parameter = int | Image | TopConstant


class LibraryModule(Protocol):
    """A module with its parameters: ``library/<module>.py`` beside ``hw/rtl/<module>.sv``.

    A module is a frozen dataclass. Its fields are its parameters, in lower case and in the order in which an
    instance names them. What most modules have in common is stated here.
    """

    NAME: ClassVar[str]
    """Name of the module and of its file."""

    FROM_TOP: ClassVar[tuple[str, ...]] = ()
    """Parameters that are parameters of the top module, of the same names."""

    FIXED: ClassVar[Mapping[str, int]] = {}
    """Parameters that keep their default in all designs, with that default."""

    STEP: ClassVar[str] = ""
    """The signal that is high in the cycles in which an instance works, from the instance on; "" for none."""

    FILL: ClassVar[str] = ""
    """The signal that counts the samples that an instance holds; "" for none."""

    VISIBLE: ClassVar[tuple[str, ...]] = ()
    """Signals of the module itself that a simulation reads."""

    COMPILED_ONCE: ClassVar[bool] = False
    """Verilator compiles a large module once, however many instances there are."""

    BESIDE: ClassVar[Resources] = Resources()
    """Resources that the top module takes for an instance."""

    @property
    def latency(self) -> int:
        """Cycles from the beat that a beat depends on to that beat; the first that the header states."""

    @property
    def interval(self) -> int:
        """Cycles for a beat, a vector or a sample, whichever the header states first."""

    @property
    def window_rows(self) -> int:
        """Rows of its input, where it reads windows; 0 where it does not tell rows apart."""
        return 0

    def sample_interval(self, beats: int) -> int:
        """Cycles between two samples of so many beats."""
        return self.interval * beats

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add the module to the machines that a sample passes; ``entering`` is what it reads."""
        return pipeline.delayed(self.latency)

    def inside(self, family: Family) -> Iterator[tuple["LibraryModule", int]]:
        """The modules inside of it, each with how often it is there, on an FPGA of a family."""
        return iter(())

    def terms(self, family: Family) -> Terms:
        """Terms of the module on an FPGA of a family, without the modules inside of it."""


def parameters(module: LibraryModule) -> dict[str, Parameter]:
    """Parameters of a module by their names in SystemVerilog, those of a nested dataclass in its place."""
    found: dict[str, Parameter] = {}
    for name, value in _flattened(module):
        found["CONSTANT_WEIGHTS" if isinstance(value, TopConstant) else name.upper()] = value
    return found


def images(module: LibraryModule) -> list[Image]:
    """The memory images that a module reads."""
    return [value for value in parameters(module).values() if isinstance(value, Image)]


def constants(module: LibraryModule) -> list[TopConstant]:
    """The constants that a module is given."""
    return [value for value in parameters(module).values() if isinstance(value, TopConstant)]


def tree(module: LibraryModule, family: Family) -> Iterator[tuple[LibraryModule, int]]:
    """A module and all modules inside of it, each with how often it is there."""
    yield module, 1
    for child, count in module.inside(family):
        for inner, times in tree(child, family):
            yield inner, times * count


def _flattened(record: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(record):
        value = getattr(record, field.name)
        if is_dataclass(value) and not isinstance(value, Image | TopConstant):
            yield from _flattened(value)
        else:
            yield field.name, value
