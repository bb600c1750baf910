"""Notices of other libraries are hidden from those who run the flow; their errors are not."""

import logging

import pytest

import fpga_ee.quantization  # noqa: F401 - brings the libraries to silence


@pytest.mark.parametrize(
    "library", ["torchao", "torch.utils._pytree", "torch.fx.experimental.symbolic_shapes"]
)
def test_only_errors_of_other_libraries_are_told(library: str, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(f"{library}.inside")
    logger.warning("a library is missing")
    logger.error("a file is missing")
    assert [record.message for record in caplog.records] == ["a file is missing"]
