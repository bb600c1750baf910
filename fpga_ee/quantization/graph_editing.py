"""Small edits to a traced graph: names, new operators, new constants."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

_NO_MODULE = "_empty_nn_module_stack_from_metadata_hook"
"""The exporter's name for a place without a module."""


def module_of(node: Node) -> str:
    """Give the name, in its part, of the innermost module that a node comes from.

    The name is empty for the part itself.
    """
    stack = [str(module) for module, _ in (node.meta.get("nn_module_stack") or {}).values()]
    return next((module for module in reversed(stack) if module != _NO_MODULE), "")


def place(part: str, node: Node) -> str:
    """Give the full name of the module that a node comes from, as far as the exporter kept it."""
    inner = module_of(node)
    return f"{part}.{inner}" if inner else part


def tensor_of(graph: GraphModule, node: Node) -> Tensor:
    """Find the parameter or buffer that a node reads.

    Raises:
        TypeError: The node reads something else.
    """
    value: Any = graph
    for name in str(node.target).split("."):
        value = getattr(value, name)
    if not isinstance(value, Tensor):
        raise TypeError(f"{node.target} is no tensor")
    return value


def insert(graph: GraphModule, before: Node, target: Any, arguments: tuple[Any, ...]) -> Node:
    """Insert an operator that belongs to the module of ``before``."""
    with graph.graph.inserting_before(before):
        node = graph.graph.call_function(target, arguments)
    node.meta = {key: value for key, value in before.meta.items() if key != "val"}
    known = torch.fx.node.map_arg(arguments, lambda argument: argument.meta["val"])
    with _fake_mode(before):
        node.meta["val"] = target(*known)
    return node


def store(graph: GraphModule, before: Node, name: str, value: Tensor) -> Node:
    """Store a parameter or a constant under a name, as ``keep`` does, and read it before a node."""
    keep(graph, name, value)
    with graph.graph.inserting_before(before):
        node = graph.graph.get_attr(name)
    node.meta["val"] = _fake_mode(before).from_tensor(value.detach(), static_shapes=True)
    return node


def keep(graph: GraphModule, name: str, value: Tensor) -> None:
    """Store a parameter or a constant under a name. It replaces one of the same name."""
    forget(graph, name)
    owner, _, attribute = name.rpartition(".")
    if not _has_submodule(graph, owner):
        graph.add_submodule(owner, nn.Module())
    module = graph.get_submodule(owner)
    if isinstance(value, nn.Parameter):
        module.register_parameter(attribute, value)
    else:
        module.register_buffer(attribute, value)


def forget(graph: GraphModule, name: str) -> None:
    """Remove the parameter or buffer of a name, if there is one."""
    owner, _, attribute = name.rpartition(".")
    if _has_submodule(graph, owner) and hasattr(graph.get_submodule(owner), attribute):
        delattr(graph.get_submodule(owner), attribute)


def remove_unread(graph: GraphModule) -> None:
    """Remove the parameters and buffers that no operator reads."""
    readers = [node for node in graph.graph.nodes if node.op == "get_attr"]
    read = {str(node.target) for node in readers if node.users}
    for node in readers:
        if not node.users:
            graph.graph.erase_node(node)
            if str(node.target) not in read:
                forget(graph, str(node.target))
    graph.recompile()


def _has_submodule(graph: GraphModule, name: str) -> bool:
    return not name or name in dict(graph.named_modules())


def _fake_mode(node: Node) -> Any:
    """Find the mode of a traced tensor that computes shapes without values."""
    return node.meta["val"].fake_mode
