"""The files that commands read, with their kinds and what vouches for them."""

from dataclasses import dataclass
from typing import Literal

from hostile.joins import FOLDER, READS_EXPORT
from hostile.workplace import COMMANDS


@dataclass(frozen=True)
class File:
    """A file that a command reads.

    Attributes:
        path: Its path in the folder.
        command: Name of the command.
        kind: ``record`` and ``excerpt`` (JSON with and without unknown entries refused), ``toml``, ``onnx``,
            ``weights``, ``text``, ``bytes``, or one of ``FORMATS``.
        vouched_by: The record that fixes every byte of the file, so that another file in its place is
            refused: the manifest, the design that hw-generate makes it of, or the record of the training; or
            nobody.
    """

    path: str
    command: str
    kind: str
    vouched_by: Literal["manifest", "design", "training", "nobody"] = "nobody"

    @property
    def inside(self) -> bool:
        """Tell whether the file is in a folder that a command is given, so that it must not be a link."""
        given = ("build/", "large/", f"{FOLDER}/")
        named = self.path in COMMANDS[self.command]
        return (self.path.startswith(given) and not named) or self.path.endswith("/training.json")


_EXPORT = ("verify", "hw-estimate", "hw-generate")
_BUILT = ("hw-simulate", "hw-synth", "hw-route")
_TRUSTING = ("hw-simulate trusting", "hw-synth trusting")

FILES: tuple[File, ...] = (
    File("weights.safetensors", "calibrate", "weights"),
    File("weights.safetensors", "quantize", "weights"),
    File("weights.safetensors", "train from weights", "weights"),
    File("weights.pth", "calibrate by .pth", "pytorch"),
    File("build/weights.safetensors", "export", "weights"),
    File("build/weights.safetensors", "verify", "weights", "manifest"),
    File("build/calibration.json", "quantize", "record"),
    File("build/calibration.json", "export", "record"),
    File("build/quantization.json", "export", "record"),
    *(
        File("build/manifest.json", command, "record")
        for command in (*_EXPORT, *_BUILT, "hw-explore", "hw-fastest")
    ),
    *(
        File(f"build/{name}", command, "onnx", "manifest")
        for command in _EXPORT
        for name in ("backbone_0.onnx", "backbone_1.onnx", "exit_0.onnx", "exit_1.onnx", "decision_0.onnx")
    ),
    *(
        File(f"build/{name}", "verify", "onnx", "manifest")
        for name in ("all_exits.onnx", "Digits.onnx", "Digits.batch.onnx")
    ),
    File("build/hardware/estimate.json", "hw-estimate of a design", "record"),
    File("rtl.json", "hw-generate", "record"),
    File("own.json", "hw-generate of a design", "excerpt"),
    File("fastest.json", "hw-generate of the fastest design", "excerpt"),
    File("build/rtl/design.json", "hw-generate of a built design", "excerpt"),
    File("partitions.json", "hw-estimate of a partition", "excerpt"),
    *(
        File("board.toml", command, "toml")
        for command in ("check", "hw-estimate", "hw-explore", "hw-synth", "hw-fastest")
    ),
    File("ecp5.toml", "hw-route", "toml"),
    File("models/Digits/training.json", "deploy", "excerpt"),
    File("models/Digits/weights.safetensors", "deploy", "weights", "training"),
    *(
        File(f"{FOLDER}/manifest.json", command, "record")
        for command in (*READS_EXPORT, "hw-simulate of joins")
    ),
    *(
        File(f"{FOLDER}/{name}", command, "onnx", "manifest")
        for command in READS_EXPORT
        for name in ("backbone_0.onnx", "exit_0.onnx", "backbone_1.onnx", "exit_1.onnx")
    ),
    File(f"{FOLDER}/Joined.batch.onnx", "verify of joins", "onnx", "manifest"),
    File(f"{FOLDER}/quantization.json", "export of joins", "record"),
    File(f"{FOLDER}/hardware/estimate.json", "hw-generate of joins", "record"),
    *(
        File(f"{FOLDER}/rtl/{name}", command, kind, vouched_by)
        for command in ("hw-simulate of joins", "hw-synth of joins")
        for name, kind, vouched_by in (
            ("design.json", "record", "nobody"), ("accelerator.sv", "text", "design"),
        )
    ),
    File("model.onnx", "hw-estimate of a model", "onnx"),
    *(File("build/rtl/design.json", command, "record") for command in _BUILT),
    *(
        File(f"build/rtl/{name}", command, kind, vouched_by)
        for commands, vouched_by in ((_BUILT, "design"), (_TRUSTING, "nobody"))
        for command in commands
        for name, kind in (
            ("accelerator.sv", "text"), ("linear.sv", "text"), ("files.f", "text"),
            ("backbone_0_0.weights.hex", "text"),
        )
    ),
    File("large/model.onnx", "hw-estimate of a large model", "onnx"),
    File("large/weights.bin", "hw-estimate of a large model", "bytes"),
    File("data/t10k-images-idx3-ubyte", "verify on data", "idx"),
    File("data/t10k-labels-idx1-ubyte", "verify on data", "idx"),
    File("packed/t10k-images-idx3-ubyte.gz", "verify on packed data", "packed idx"),
    File("packed/t10k-labels-idx1-ubyte.gz", "verify on packed data", "packed idx"),
    File("clothes/train-images-idx3-ubyte.gz", "calibrate on clothes", "packed idx"),
    File("clothes/train-labels-idx1-ubyte.gz", "calibrate on clothes", "packed idx"),
    File("photos/data_batch_1.bin", "train on photos", "records"),
    File("photos-for-python/data_batch_1", "train on photos for Python", "pickle"),
    File("house-numbers/train_32x32.mat", "train on house numbers", "matlab"),
    File("trained/interrupted.ckpt", "train on", "pytorch"),
    File("reports/xc7.json", "hw-synth", "excerpt"),
    File("reports/report.json", "hw-route", "excerpt"),
)  # fmt: skip
