"""Imports fpgaconvnet-model 0.1.4.2 beside today's protobuf and onnx.

The wheel cannot be imported unchanged, for two reasons. Its generated protobuf module has the form of protoc
2, which the C runtime refuses. But the serialised descriptor inside it is still valid. So the descriptor is
read without running the file, and the runtime's own builder makes the module. The second reason is that the
wheel calls ``strip_doc_string`` of ``onnx.helper``, which fails on protobuf 7. Doc strings do not matter for
estimates. So only the wheel's module gets a helper whose ``strip_doc_string`` does nothing.
"""

import ast
import importlib
import importlib.util
import sys
import types
from functools import cache
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError

VERSION = "0.1.4.2"
INSTALL = f"pip install --no-deps fpgaconvnet-model=={VERSION} && pip install 'fpga-ee[hardware]'"
_PROTO = "fpgaconvnet.proto.fpgaconvnet_pb2"


@cache
def modules() -> types.SimpleNamespace:
    """Import the wheel's modules that we use: layers, network, partition, graphs, parser, proto.

    Raises:
        FpgaEeError: fpgaconvnet-model, or a package that it needs, is missing or of another version.
    """
    try:
        _build_proto_module()
        _replace_onnx_helper()
        # The package gives its class the module's name, so only sys.modules has the module itself.
        importlib.import_module("fpgaconvnet.models.network")
        return types.SimpleNamespace(
            layers=importlib.import_module("fpgaconvnet.models.layers.hls"),
            linear=importlib.import_module("fpgaconvnet.models.layers"),
            network=sys.modules["fpgaconvnet.models.network.Network"],
            partition=importlib.import_module("fpgaconvnet.models.partition").Partition,
            layer_enum=importlib.import_module("fpgaconvnet.tools.layer_enum"),
            parser=importlib.import_module("fpgaconvnet.tools.parser"),
            graphs=importlib.import_module("fpgaconvnet.tools.graphs"),
            proto=sys.modules[_PROTO],
            json_format=importlib.import_module("google.protobuf.json_format"),
        )
    except ImportError as error:
        raise FpgaEeError(
            f"estimates need fpgaconvnet-model {VERSION} ({error}); install it with: {INSTALL}"
        ) from error


def _build_proto_module() -> None:
    if _PROTO in sys.modules:
        return
    descriptor_pool = importlib.import_module("google.protobuf.descriptor_pool")
    builder = importlib.import_module("google.protobuf.internal.builder")
    parent = importlib.import_module("fpgaconvnet.proto")
    spec = importlib.util.find_spec(_PROTO)
    if spec is None or spec.origin is None:
        raise ImportError(f"{_PROTO} not found")
    module = types.ModuleType(_PROTO)
    module.__file__ = spec.origin
    module.__spec__ = spec
    descriptor = descriptor_pool.Default().AddSerializedFile(_serialised_descriptor(Path(spec.origin)))
    namespace: dict[str, Any] = module.__dict__
    namespace["DESCRIPTOR"] = descriptor
    builder.BuildMessageAndEnumDescriptors(descriptor, namespace)
    builder.BuildTopDescriptorsAndMessages(descriptor, _PROTO, namespace)
    sys.modules[_PROTO] = module
    parent.fpgaconvnet_pb2 = module  # type: ignore[attr-defined]


def _serialised_descriptor(path: Path) -> bytes:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        # The file contains: serialized_pb=_b('...').
        if isinstance(node, ast.keyword) and node.arg == "serialized_pb" and isinstance(node.value, ast.Call):
            return str(ast.literal_eval(node.value.args[0])).encode("latin1")
    raise ImportError(f"{path} holds no serialised descriptor: not the release {VERSION}")


def _replace_onnx_helper() -> None:
    onnx = importlib.import_module("onnx")
    helper = types.SimpleNamespace(**vars(onnx.helper))
    helper.strip_doc_string = lambda _model: None
    wrapped = types.SimpleNamespace(**vars(onnx))
    wrapped.helper = helper
    importlib.import_module("fpgaconvnet.tools.onnx_helper").onnx = wrapped  # type: ignore[attr-defined]
