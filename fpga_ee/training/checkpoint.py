"""Resumes an interrupted training from its checkpoint, which Lightning and PyTorch do not check.

The checkpoint may be damaged, or come from elsewhere. So it is read within limits, and no code in it runs.
The restored values have the types, the shapes and the sizes that this training would have written.
"""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule
from torch import Tensor
from torch.optim import Optimizer

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes
from fpga_ee.training.plain_tensors import load_plain
from fpga_ee.training.record import TrainingRecord
from fpga_ee.training.settings import MOST
from fpga_ee.training.weights import are_sound, is_sound

_MOST_COUNT = MOST * MOST
"""Most steps: those of the most epochs."""

_MOMENTS = {"exp_avg", "exp_avg_sq"}
"""The tensors that Adam keeps for a parameter, beside the number of its steps."""


def checkpoint_to_resume(
    record: TrainingRecord, module: LightningModule, optimizer: Optimizer
) -> Path | None:
    """Find the record's checkpoint if it exists, and check that it is of the same training.

    Args:
        record: The record of the training; it checks its own part when it is restored.
        module: The module that takes the weights, on the CPU.
        optimizer: A new optimizer of the module.

    Raises:
        FpgaEeError: The checkpoint is of another training, or it is damaged.
    """
    path = record.checkpoint
    # A link that leads nowhere is no missing checkpoint: it is refused when it is read.
    if not os.path.lexists(path):
        return None
    packed = read_bytes(path)
    try:
        found = load_plain(packed)
        recorded = found["callbacks"][record.state_key]
        changed = [
            f"{key} was {earlier!s:.80} and is now {value}"
            for key, value in record.training.items()
            if (earlier := recorded["training"].get(key)) != value
        ]
    except Exception as error:  # a damaged pickle can end in any exception
        raise damaged(path) from error
    if changed:
        raise FpgaEeError(
            f"cannot go on from {path}, because {', '.join(changed)}; repeat them or start anew"
        )
    try:
        epochs = len(recorded["epochs"])
        progress = found["loops"]["fit_loop"]["epoch_progress"]["current"]
        sound = (
            are_sound(found["state_dict"], module.state_dict())
            and _is_counted(found["loops"])
            and found["epoch"] + 1 == progress["processed"] == epochs
            and found["lr_schedulers"] == []
            and len(found["optimizer_states"]) == 1
            and _is_of(found["optimizer_states"][0], optimizer, record.settings.learning_rate)
        )
    except Exception as error:  # entries may be anything
        raise damaged(path) from error
    if not sound:
        raise damaged(path)
    return path


def damaged(checkpoint: Path) -> FpgaEeError:
    """Make the error about a checkpoint that a training cannot use."""
    return FpgaEeError(f"cannot go on from {checkpoint}: it is damaged; start anew without it")


def _is_counted(loops: Any) -> bool:
    """Tell whether the progress of Lightning's loops is a tree of named counts."""
    if isinstance(loops, Mapping):
        return all(isinstance(name, str) and _is_counted(value) for name, value in loops.items())
    return isinstance(loops, int) and 0 <= loops <= _MOST_COUNT


def _is_of(state: Any, optimizer: Optimizer, learning_rate: float) -> bool:
    """Tell whether an Adam like this one can have been in a state."""
    (group,), (own,) = state["param_groups"], optimizer.state_dict()["param_groups"]
    rate = group["lr"]
    # The rate is only ever halved, and the other settings never change.
    if type(rate) is not float or not 0 < rate <= learning_rate or group | {"lr": 0} != own | {"lr": 0}:
        return False
    parameters: list[Tensor] = optimizer.param_groups[0]["params"]
    return all(
        0 <= index < len(parameters)
        and {*kept} == {"step", *_MOMENTS}
        and all(is_sound(kept[name], parameters[index]) for name in _MOMENTS)
        and is_sound(kept["step"], kept["step"].new_zeros(()))
        and math.isfinite(kept["step"])
        for index, kept in state["state"].items()
    )
