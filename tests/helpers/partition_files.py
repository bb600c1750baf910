"""Partition files as published early-exit work writes them."""

from typing import Any

Record = dict[str, Any]


def record(name: str, kind: str, before: list[str], after: list[str], **parameters: Any) -> Record:
    shape = {"data_width": 16, "rows_in": 1, "cols_in": 1, "rows_out": 1, "cols_out": 1}
    return {
        "name": name,
        "type": kind,
        "node_in": before or [name],
        "node_out": after or [name],
        "parameters": shape | parameters,
    }


WIDTHS = {"input_width": 16, "output_width": 16, "weight_width": 16, "acc_width": 16, "biases_width": 16}


def square(channels_in: int, side_in: int, channels_out: int, side_out: int) -> Record:
    return {
        "channels_in": channels_in,
        "rows_in": side_in,
        "cols_in": side_in,
        "channels_out": channels_out,
        "rows_out": side_out,
        "cols_out": side_out,
    }


def convolution(shape: Record, kernel: int, pad: int, coarse: tuple[int, int], fine: int) -> Record:
    pads = dict.fromkeys(("pad_top", "pad_right", "pad_bottom", "pad_left"), pad)
    window = {"kernel_size": [kernel, kernel], "stride": [1, 1], **pads}
    folds = {"coarse_in": coarse[0], "coarse_out": coarse[1], "coarse_group": 1, "groups": 1, "fine": fine}
    return shape | window | folds | WIDTHS | {"has_bias": 1}


def pooling(shape: Record, coarse: int) -> Record:
    return shape | {"kernel_size": [2, 2], "stride": [2, 2], **folds(coarse)}


def folds(coarse: int) -> Record:
    return {"coarse": coarse, "coarse_in": coarse, "coarse_out": coarse}


def linear(shape: Record, coarse: tuple[int, int]) -> Record:
    return shape | WIDTHS | {"coarse_in": coarse[0], "coarse_out": coarse[1], "has_bias": 1}


def design_a1() -> Record:
    """B_Lenet_se as the smallest published design folds it."""
    layers = [
        record("conv0", "CONVOLUTION", [], ["pool0"], **convolution(square(1, 28, 5, 32), 5, 4, (1, 1), 25)),
        record("pool0", "POOLING", ["conv0"], ["relu0"], **pooling(square(5, 32, 5, 16), 1)),
        record("relu0", "RELU", ["pool0"], ["wide0"], **square(5, 16, 5, 16), **folds(1)),
        record("wide0", "SQUEEZE", ["relu0"], ["split0"], coarse_in=1, coarse_out=5),
        record("split0", "SPLIT", ["wide0"], ["narrow1", "narrow0"], coarse=5),
        record("narrow0", "SQUEEZE", ["split0"], ["buffer0"], coarse_in=5, coarse_out=1),
        record("buffer0", "BUFFER", ["narrow0"], ["conv2"], drop_mode=True),
        record("narrow1", "SQUEEZE", ["split0"], ["conv1"], coarse_in=5, coarse_out=1),
        record("conv1", "CONVOLUTION", ["narrow1"], ["pool1"],
               **convolution(square(5, 16, 10, 16), 3, 1, (1, 2), 9)),
        record("pool1", "POOLING", ["conv1"], ["relu1"], **pooling(square(10, 16, 10, 8), 2)),
        record("relu1", "RELU", ["pool1"], ["fc1"], **square(10, 8, 10, 8), **folds(2)),
        record("fc1", "INNER_PRODUCT", ["relu1"], ["split1"], **linear(square(10, 8, 10, 1), (2, 2))),
        record("split1", "SPLIT", ["fc1"], ["buffer1", "greater"], coarse=2),
        record("greater", "GREATER", ["split1"], [], threshold=0.996),
        record("buffer1", "BUFFER", ["split1"], ["exit"], drop_mode=False),
        record("exit", "IF", ["buffer1", "fc3"], []),
        record("conv2", "CONVOLUTION", ["buffer0"], ["pool2"],
               **convolution(square(5, 16, 10, 20), 5, 4, (1, 2), 25)),
        record("pool2", "POOLING", ["conv2"], ["relu2"], **pooling(square(10, 20, 10, 10), 2)),
        record("relu2", "RELU", ["pool2"], ["conv3"], **square(10, 10, 10, 10), **folds(2)),
        record("conv3", "CONVOLUTION", ["relu2"], ["pool3"],
               **convolution(square(10, 10, 20, 12), 5, 3, (1, 2), 25)),
        record("pool3", "POOLING", ["conv3"], ["relu3"], **pooling(square(20, 12, 20, 6), 2)),
        record("relu3", "RELU", ["pool3"], ["fc3"], **square(20, 6, 20, 6), **folds(10)),
        record("fc3", "INNER_PRODUCT", ["relu3"], ["exit"], **linear(square(20, 6, 10, 1), (10, 1))),
    ]  # fmt: skip
    return {"partition": [{"id": 0, "layers": layers}]}
