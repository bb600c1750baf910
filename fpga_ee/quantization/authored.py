"""The layers of a part as their author wrote them, with the names and words that the author knows.

An operator that is lowered, folded or replaced keeps its author's layer. So an error that refuses the
operator can name the layer in the author's code. A layer is a module of PyTorch (``nn.AvgPool2d``), with all
operators that it consists of, or one call of a function in a ``forward``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from torch.fx import GraphModule, Node

from fpga_ee.errors import FpgaEeError
from fpga_ee.quantization.operators.known import is_size

_KEY = "authored"
_CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
_WORDS = {
    "linear": "linear layer",
    "max_pool2d": "max pooling",
    "adaptive_max_pool2d": "adaptive max pooling",
    "AdaptiveMaxPool2d": "adaptive max pooling",
    "amax": "maximum",
    "avg_pool2d": "average pooling",
    "adaptive_avg_pool2d": "adaptive average pooling",
    "batch_norm": "batch normalisation",
    "flatten": "flatten",
    "unflatten": "unflatten",
    "view": "reshape",
    "dropout": "dropout",
    "pad": "padding",
    "cat": "concatenation",
    "mul": "multiplication",
    "sub": "subtraction",
    "div": "division",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "gelu": "GELU",
    "silu": "SiLU",
}
"""Names of operators. Other operators get the name of their module or function."""


@dataclass(frozen=True)
class AuthoredLayer:
    """A layer in the author's code.

    Attributes:
        name: Name of its module in the network (``backbone.0.conv1``). For a function, it is the module whose
            ``forward`` calls it, and the function (``backbone.1.0.add``).
        kind: Its kind, in words: ``average pooling``.
        call: The call of the module, because a module may be called more than once.
    """

    name: str
    kind: str
    call: str = ""

    def __str__(self) -> str:
        """Write the layer as messages name it."""
        return f"{self.name} ({self.kind})"


class LayerRefusedError(FpgaEeError):
    """A layer that cannot be used.

    Attributes:
        layer: The layer.
        reason: The reason, with a remedy.
    """

    def __init__(self, layer: AuthoredLayer, reason: str) -> None:
        """Write layer and reason into one line."""
        super().__init__(f"{layer}: {reason}")
        self.layer = layer
        self.reason = reason


def mark(part: str, graph: GraphModule) -> None:
    """Note in every operator of a part's fresh graph the layer that it belongs to.

    Args:
        part: ``backbone.0``, ``exits.1``.
        graph: The graph, as the exporter makes it.
    """
    written: dict[_Origin, list[Node]] = {}
    for node in graph.graph.nodes:
        if node.op == "call_function" and not is_size(node):
            written.setdefault(_origin(node), []).append(node)
    taken: set[str] = set()
    for origin, members in written.items():
        name = ".".join(filter(None, (part, origin.path)))
        if origin.is_function:
            name = next(free for free in _numbered(f"{name}.{origin.title}") if free not in taken)
            taken.add(name)
        layer = AuthoredLayer(name, _kind(origin, members), origin.call)
        for node in members:
            node.meta[_KEY] = layer


def authored(node: Node) -> AuthoredLayer:
    """Find the layer that an operator of a marked graph belongs to."""
    layer = node.meta[_KEY]
    assert isinstance(layer, AuthoredLayer)  # noqa: S101 - for the type checker
    return layer


def is_of(node: Node, layer: AuthoredLayer) -> bool:
    """True where a node of a marked graph is an operator of a layer."""
    return node.meta.get(_KEY) == layer


def attribute(graph: GraphModule, layer: AuthoredLayer) -> None:
    """Assign all operators of a module, and of the modules in it, to one layer."""
    for node in graph.graph.nodes:
        if _KEY in node.meta and f"{authored(node).name}.".startswith(f"{layer.name}."):
            node.meta[_KEY] = layer


def layers_of(graph: GraphModule) -> list[AuthoredLayer]:
    """List all layers of a marked graph, in the order of their calls."""
    return list(dict.fromkeys(authored(node) for node in graph.graph.nodes if _KEY in node.meta))


@dataclass(frozen=True)
class _Origin:
    """The origin of operators: one call of a module, or of a function in a module's ``forward``.

    Attributes:
        path: The module's path in its part.
        call: Tells calls apart.
        title: The module's class, or the function's name.
        is_function: True for a function.
    """

    path: str
    call: str
    title: str
    is_function: bool


def _origin(node: Node) -> _Origin:
    path = ""
    for call, (inner, kind) in (node.meta.get("nn_module_stack") or {}).items():
        module, _, title = str(kind).rpartition(".")
        if module.startswith("torch.nn.modules") and title not in _CONTAINERS:
            return _Origin(inner, call, title, is_function=False)
        # The exporter names a place without a module by a word of its own, which is no path.
        path = inner if call.startswith("L__self__") else path
    call, function = node.meta.get("torch_fn") or (node.name, _operator(node))
    return _Origin(path, call, str(function).rpartition(".")[2].strip("_"), is_function=True)


def _operator(node: Node) -> str:
    """``conv2d`` of ``aten.conv2d.default``, and ``add`` of ``aten.add_.Tensor``."""
    return str(node.target).split(".")[1 if str(node.target).startswith("aten.") else -1].strip("_")


def _kind(origin: _Origin, members: Sequence[Node]) -> str:
    operator = _operator(members[0]) if len(members) == 1 else origin.title
    match operator:
        case "conv2d":
            return _convolution(members[0])
        case "add":
            summands = members[0].args[:2]
            both = all(isinstance(each, Node) and each.op != "get_attr" for each in summands)
            return "residual addition" if both else "addition"
    return _WORDS.get(operator, origin.title)


def _convolution(node: Node) -> str:
    given: dict[int, Any] = dict(enumerate(node.args))
    dilation, groups = given.get(5, 1), given.get(6, 1)
    if groups != 1:
        return "depthwise convolution" if groups == given[0].meta["val"].shape[1] else "grouped convolution"
    steps = [dilation] if isinstance(dilation, int) else dilation
    return "convolution" if all(step == 1 for step in steps) else "dilated convolution"


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{index}" for index in count(1))
