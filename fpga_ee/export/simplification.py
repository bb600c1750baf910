"""Simplifies the exporter's graph, but keeps the parts apart.

The exporter's own optimizer ends with two passes that merge equal initializers and equal nodes. Here each
part must have a file of its own, and each later stage a branch of its own. So

1. a parameter stays one initializer, also where another layer's has the same values;
2. an exit and the next stage each compute their own tensors, also where both begin with the same layers.
   (Read from inside a branch, a common tensor would end the process in the optimizer of ONNX Runtime 1.32.)
"""

import onnx_ir as ir
from onnx_ir.passes import common
from onnxscript import optimizer, rewriter


def simplify(model: ir.Model) -> None:
    """Inline functions, fold constants, apply the exporter's rewrite rules and remove unused nodes."""
    common.InlinePass()(model)
    optimizer.fold_constants(model)
    rewriter.rewrite(model)
    common.RemoveUnusedNodesPass()(model)
    common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(model)
    # An output that is an input or another output gets an Identity.
    common.OutputFixPass()(model)
