"""Names of the files in ``build/<network>/`` and of the tensors in them."""

IMAGE = "image"
BATCH = "batch"

MANIFEST = "manifest.json"
ALL_EXITS_FILE = "all_exits.onnx"
WEIGHTS_FILE = "weights.safetensors"
TRAINING_FILE = "training.json"
CALIBRATION_FILE = "calibration.json"
QUANTIZATION_FILE = "quantization.json"
VERIFICATION_FILE = "verification.json"

LOGITS = "logits"
EXIT_INDEX = "exit_index"
LABEL = "label"

_WEIGHT = ".weight"


def feature_map(stage: int) -> str:
    """Name the tensor that stage ``stage`` gives to its exit and to the next stage."""
    return f"feature_map_{stage}"


def staying(stage: int) -> str:
    """Name the tensor of the feature maps whose samples stay, in a model that takes a batch."""
    return f"{feature_map(stage)}.staying"


def stage_input(stage: int) -> str:
    """Name the tensor that a stage reads: the image, or the feature map of the stage before."""
    return IMAGE if stage == 0 else feature_map(stage - 1)


def logits(stage: int) -> str:
    """Name the tensor that exit ``stage`` gives."""
    return f"logits_{stage}"


def take(stage: int) -> str:
    """Name the tensor that says whether exit ``stage`` is taken."""
    return f"take_{stage}"


def backbone_file(stage: int) -> str:
    """Name the file of a stage's backbone part."""
    return f"backbone_{stage}.onnx"


def exit_file(stage: int) -> str:
    """Name the file of an exit."""
    return f"exit_{stage}.onnx"


def decision(stage: int) -> str:
    """Name the decision of exit ``stage``: the name of its graph, and the start of its tensors' names."""
    return f"decision_{stage}"


def decision_file(stage: int) -> str:
    """Name the file of an exit's decision; the last exit has none."""
    return f"{decision(stage)}.onnx"


def conditional_file(network: str) -> str:
    """Name the file of the conditional model."""
    return f"{network}.onnx"


def batch_file(network: str) -> str:
    """Name the file of the conditional model that takes any number of images at a time."""
    return f"{network}.batch.onnx"


def part_of(layer: str) -> str:
    """Name the part that a layer belongs to: ``backbone.1`` for ``backbone.1.0.layer.0``.

    A layer's name is the path of its module, which begins with the part.
    """
    return ".".join(layer.split(".")[:2])


def owner_of(weight: str) -> str | None:
    """Name the layer that the tensor of a weight belongs to; None for another tensor."""
    return weight.removesuffix(_WEIGHT) if weight.endswith(_WEIGHT) else None
