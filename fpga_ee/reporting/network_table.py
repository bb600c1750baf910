"""The table of this package's networks."""

from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from fpga_ee.networks.catalogue import NETWORKS, make_network
from fpga_ee.reporting.text import shape


def network_table(trained: Callable[[str], Path | None]) -> Table:
    """Show one row for each network: its shape, its size, and whether trained weights exist."""
    table = Table(title="Networks")
    table.add_column("network", no_wrap=True)
    table.add_column("data set")
    table.add_column("stages", justify="right")
    table.add_column("exits", justify="right")
    table.add_column("input")
    table.add_column("feature maps")
    table.add_column("parameters", justify="right")
    table.add_column("trained")
    for name in NETWORKS:
        network = make_network(name)
        table.add_row(
            name,
            network.data_set,
            str(len(network.backbone)),
            str(len(network.exits)),
            shape(network.input_shape),
            ", ".join(map(shape, network.feature_map_shapes())),
            f"{sum(parameter.numel() for parameter in network.parameters()):,}",
            "yes" if trained(name) else "no",
        )
    return table
