"""Finds the modules of a package, for rooms in which a new file is a new kind."""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType


def modules_in(package: str, folders: Iterable[str]) -> list[ModuleType]:
    """Import every module of a package, in the order of their names.

    Args:
        package: The package's ``__name__``.
        folders: The package's ``__path__``.
    """
    return [import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(folders)]
