"""The protocol of a library module: all that diagrams, timing and area use of it."""

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

    A module is a frozen dataclass. Its fields are its parameters, in lower case and in the order of an
    instance. Most modules keep the defaults below.
    """

    NAME: ClassVar[str]
    """Name of the module and of its file."""

    FROM_TOP: ClassVar[tuple[str, ...]] = ()
    """Parameters that an instance takes from the top module's parameters of the same names."""

    FIXED: ClassVar[Mapping[str, int]] = {}
    """Parameters that keep their default in all designs, with this default."""

    STEP: ClassVar[str] = ""
    """The signal that is high while an instance works, by its path in the instance; "" for none."""

    FILL: ClassVar[str] = ""
    """The signal that counts the samples that an instance holds; "" for none."""

    VISIBLE: ClassVar[tuple[str, ...]] = ()
    """Signals of the module itself that a simulation reads."""

    COMPILED_ONCE: ClassVar[bool] = False
    """True for a large module that Verilator compiles once, for all of its instances."""

    BESIDE: ClassVar[Resources] = Resources()
    """Resources of the top module for an instance."""

    @property
    def latency(self) -> int:
        """Cycles from a beat to the beat that depends on it; the first latency that the header states."""

    @property
    def interval(self) -> int:
        """Cycles for a beat, a vector or a sample: the first interval that the header states."""

    @property
    def window_rows(self) -> int:
        """Rows of the input of a module that reads windows; 0 for a module that does not tell rows apart."""
        return 0

    def sample_interval(self, beats: int) -> int:
        """Cycles between two samples of ``beats`` beats."""
        return self.interval * beats

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add the module to the machines that a sample passes; it reads the stream ``entering``."""
        return pipeline.delayed(self.latency)

    def inside(self, family: Family) -> Iterator[tuple["LibraryModule", int]]:
        """List the modules inside it and the number of each, on an FPGA of a family."""
        return iter(())

    def terms(self, family: Family) -> Terms:
        """Give the terms of the module on an FPGA of a family, without the modules inside it."""


def parameters(module: LibraryModule) -> dict[str, Parameter]:
    """Give the parameters of a module by their SystemVerilog names; a nested dataclass gives its fields."""
    found: dict[str, Parameter] = {}
    for name, value in _flattened(module):
        constant_weights = name == "weights" and isinstance(value, TopConstant)
        found["CONSTANT_WEIGHTS" if constant_weights else name.upper()] = value
    return found


def images(module: LibraryModule) -> list[Image]:
    """List the memory images that a module reads."""
    return [value for value in parameters(module).values() if isinstance(value, Image)]


def constants(module: LibraryModule) -> list[TopConstant]:
    """List the constants of a module."""
    return [value for value in parameters(module).values() if isinstance(value, TopConstant)]


def tree(module: LibraryModule, family: Family) -> Iterator[tuple[LibraryModule, int]]:
    """List a module and all modules inside it, with the number of each."""
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
