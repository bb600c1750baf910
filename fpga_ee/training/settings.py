"""The settings of a training."""

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import record

MOST = 1_000_000
"""Most epochs and images of a step; larger numbers are typing errors."""

MOST_LEARNING_RATE = 1000.0


@record
class TrainingSettings:
    """The settings of a training. With the same network and images, they give the same weights on a machine.

    Attributes:
        max_epochs: Most passes over the training images.
        patience: Number of epochs in a row without a new lowest validation loss after which training stops.
        halving_patience: Number of such epochs after which the learning rate halves, and halves again.
        batch_size: Images per step (and per process, where there are several).
        learning_rate: The optimizer's step size in the first epoch.
        seed: Decides the order of the images and their distortion.
    """

    max_epochs: int = 60
    patience: int = 7
    halving_patience: int = 3
    batch_size: int = 128
    learning_rate: float = 3e-3
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers' ranges.

        Raises:
            FpgaEeError: A setting is out of range.
        """
        for name in ("max_epochs", "patience", "halving_patience", "batch_size"):
            if not 1 <= getattr(self, name) <= MOST:
                raise FpgaEeError(
                    f"{name} must be at least 1 and at most {MOST:,}, not {getattr(self, name)}"
                )
        if not 0 < self.learning_rate <= MOST_LEARNING_RATE:
            raise FpgaEeError(
                f"learning_rate must be above 0 and at most {MOST_LEARNING_RATE:g}, not {self.learning_rate}"
            )
        if not 0 <= self.seed < 2**32:
            raise FpgaEeError(f"seed must be between 0 and 2^32 - 1, not {self.seed}")
