"""Exits that decide nothing, because all images or none leave there."""

from collections.abc import Sequence


def unused_exits(exit_rates: Sequence[float]) -> tuple[str, ...]:
    """Warn of exits that all images or none take; a network with one exit gets no warning.

    Where all images leave at one exit, there is one warning. Otherwise each exit without images has its own.

    Args:
        exit_rates: Share of the images that left at each exit.
    """
    if len(exit_rates) == 1:
        return ()
    for index, rate in enumerate(exit_rates):
        if rate == 1:
            return (f"all images leave at exit {index}, so the other exits do nothing",)
    return tuple(f"no image leaves at exit {index}" for index, rate in enumerate(exit_rates) if rate == 0)
