"""Tells torchao which places of a part's graph get which specification.

The same places are specified three times: with observers that find the formats, with fake quantizers that
train under them, and with the formats themselves. A place is a node (its output) or a pair of nodes (the
second reads the first), as in torchao.
"""

from collections.abc import Mapping, Sequence

import torch
from torch.fx import GraphModule
from torchao.quantization.pt2e import ObserverOrFakeQuantize
from torchao.quantization.pt2e.quantizer import (
    EdgeOrNode,
    FixedQParamsQuantizationSpec,
    QuantizationAnnotation,
    QuantizationSpec,
    Quantizer,
)

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.quantization.filter_grids import PerChannelGrids
from fpga_ee.quantization.observer import PowerOfTwoObserver

Specification = QuantizationSpec | FixedQParamsQuantizationSpec
_KEY = "quantization_annotation"


def observed(*, bits: int, signed: bool, symmetric: bool, max_frac: int) -> Specification:
    """Specify that a format of this kind must be found."""
    constructor = PowerOfTwoObserver.with_args(
        bits=bits, signed=signed, symmetric=symmetric, max_frac=max_frac
    )
    return QuantizationSpec(dtype=torch.int32, observer_or_fake_quant_ctr=constructor)


def fixed(fixed_point: FixedPoint) -> Specification:
    """Specify a format."""
    return FixedQParamsQuantizationSpec(
        dtype=getattr(torch, fixed_point.carrier),
        scale=fixed_point.scale,
        zero_point=0,
        quant_min=fixed_point.low,
        quant_max=fixed_point.high,
        qscheme=torch.per_tensor_affine,
    )


def fixed_by_filter(fixed_point: FixedPoint, coarser: Sequence[int]) -> Specification:
    """Specify a format whose grid is coarser for some filters; one format where ``coarser`` is empty."""
    if not coarser:
        return fixed(fixed_point)
    constructor = PerChannelGrids.with_args(  # type: ignore[no-untyped-call]
        format_=fixed_point, coarser=coarser
    )
    return QuantizationSpec(
        dtype=getattr(torch, fixed_point.carrier),
        observer_or_fake_quant_ctr=constructor,
        qscheme=torch.per_channel_affine,
        ch_axis=0,
    )


class PlaceQuantizer(Quantizer):
    """Annotates exactly the given places.

    Attributes:
        placed: After preparation, the observer or fake quantizer at each place.
    """

    def __init__(self, specifications: Mapping[EdgeOrNode, Specification]) -> None:
        """Take the specification of each place."""
        super().__init__()
        self.specifications = specifications
        self.placed: dict[EdgeOrNode, ObserverOrFakeQuantize] = {}

    def annotate(self, model: GraphModule) -> GraphModule:
        """Write the specifications into the graph's nodes, where torchao reads them."""
        for place, specification in self.specifications.items():
            if isinstance(place, tuple):
                source, reader = place
                _annotation(reader).input_qspec_map[source] = specification
            else:
                _annotation(place).output_qspec = specification
        return model

    def validate(self, model: GraphModule) -> None:
        """Check nothing: tracing refused the operators that fixed point does not know."""

    def prepare_obs_or_fq_callback(
        self,
        model: GraphModule,  # noqa: ARG002 - torchao's signature
        edge_or_node_to_obs_or_fq: dict[EdgeOrNode, ObserverOrFakeQuantize],
    ) -> None:
        """Remember the observer or fake quantizer that torchao made for each place."""
        self.placed.update(edge_or_node_to_obs_or_fq)


def _annotation(node: torch.fx.Node) -> QuantizationAnnotation:
    annotation = node.meta.setdefault(_KEY, QuantizationAnnotation(_annotated=True))
    assert isinstance(annotation, QuantizationAnnotation)  # noqa: S101 - for the type checker
    return annotation
