"""The hardware library: one Python file for every module of ``hw/rtl``, of the same name."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from fpga_ee.hardware.diagram.module import LibraryModule


@cache
def modules() -> MappingProxyType[str, type[LibraryModule]]:
    """Find all modules of the library, by name. A new file is a new module."""
    found: dict[str, type[LibraryModule]] = {}
    for info in iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{info.name}")).values():
            if isinstance(value, type) and getattr(value, "NAME", None) == info.name:
                found[info.name] = value
    return MappingProxyType(found)
