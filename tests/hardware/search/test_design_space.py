"""The choice of a design for a board, and the gain of early exits: the published comparison."""

from dataclasses import replace

import pytest
from helpers.networks import B_LENET_FCN, B_LENET_SE, THREE_EXITS, on_zc706

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.network.graph import with_widths
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space, deepened, settled
from fpga_ee.hardware.search.early_exit_gains import baseline
from fpga_ee.hardware.search.estimated_design import estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.timing.buffering import least_depth

FULL = (1.0, 1.0, 1.0, 1.0)


class TestPublishedComparison:
    """B_Lenet_se, 16 bits, ZC706 at 125 MHz, early-exit units counted: the figures of docs/hardware.md."""

    GRAPH = with_widths(B_LENET_SE, data=16, accumulator=30)

    @pytest.mark.parametrize(("rate", "share"), [(96_451, 0.6908), (19_531, 0.2229)])
    def test_the_share_of_the_board_at_a_throughput(self, rate: int, share: float) -> None:
        space, chosen = settled(on_zc706(self.GRAPH, 0.25), lambda space: space.cheapest(rate))
        assert space.buffered == (2,)
        assert space.budget.throughput(chosen.period(space.reaching)) == pytest.approx(rate, abs=0.5)
        assert chosen.resources.share(space.budget.board.resources) == pytest.approx(share, abs=5e-5)

    @pytest.mark.parametrize(
        ("late_rate", "budget", "period", "without"),
        [
            (0.25, 0.20, 7_200, 20_000),
            (0.25, 0.40, 3_600, 5_760),
            (0.25, 0.50, 2_500, 5_120),
            (0.25, 0.60, 1_536, 4_000),
            (0.06, 0.20, 6_000, 20_000),
            (0.06, 0.40, 1_728, 5_760),
            (0.06, 0.50, 1_296, 5_120),
            (0.06, 0.60, 1_296, 4_000),
        ],
    )
    def test_the_periods_at_a_budget(
        self, late_rate: float, budget: float, period: int, without: int
    ) -> None:
        space, chosen = settled(on_zc706(self.GRAPH, late_rate, budget), Space.fastest)
        assert space.buffered == (2,)
        assert chosen.period(space.reaching) == period
        assert baseline(space, budget).fastest().period((1.0,)) == without

    @pytest.mark.parametrize(("late_rate", "rate", "share"), [(0.25, 86_806, 0.6018), (0.06, 24_414, 0.2028)])
    def test_what_a_gain_costs_that_is_missed_at_a_budget(
        self, late_rate: float, rate: int, share: float
    ) -> None:
        """2.78x at 60 % and 3.9x at 20 % are reached with a little more of the board."""
        space, chosen = settled(on_zc706(self.GRAPH, late_rate), lambda space: space.cheapest(rate))
        assert chosen.resources.share(space.budget.board.resources) == pytest.approx(share, abs=5e-5)

    def test_where_nothing_is_gained_above_a_limit(self) -> None:
        """The first convolution takes one of 36 x 36 padded positions a cycle, so no design is faster."""
        space = on_zc706(self.GRAPH, 0.25)
        assert space.budget.throughput(space.fastest().period(space.reaching)) == 125e6 / 1296


class TestBudget:
    def test_a_budget_that_nothing_fits_says_what_is_short(self) -> None:
        space = on_zc706(B_LENET_FCN, 0.25, fraction=0.05)
        with pytest.raises(
            FpgaEeError,
            match=r"the smallest needs [\d,]+ LUT of 10,930 \([\d,]+ too many\), [\d,]+ FF .* BRAM of 54",
        ):
            space.fastest()

    def test_a_throughput_out_of_reach_says_what_is_in_reach(self) -> None:
        with pytest.raises(FpgaEeError, match=r"reaches 1,000,000 samples/s: the fastest gives 96,451"):
            on_zc706(B_LENET_FCN, 0.25).cheapest(1e6)

    def test_one_scarce_resource_is_kept_to(self) -> None:
        budget = Budget(boards.load("zc706"), (1.0, 1.0, 0.1, 1.0), 125)
        chosen = Space(B_LENET_FCN, (0.25,), budget, FPGACONVNET, (1,)).fastest()
        assert chosen.resources.dsp <= 90


class TestLateRates:
    @pytest.mark.parametrize("rates", [(), (0.5, 0.25)])
    def test_there_is_one_for_each_exit_but_the_last(self, rates: tuple[float, ...]) -> None:
        space = replace(on_zc706(B_LENET_FCN, 0.25), late_rates=rates)
        with pytest.raises(FpgaEeError, match=f"has 2 exits, so it needs 1 late rates .* got {len(rates)}"):
            space.fastest()

    @pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
    def test_they_are_parts_of_all_samples(self, rate: float) -> None:
        with pytest.raises(FpgaEeError, match="is not between 0 and 1"):
            on_zc706(B_LENET_FCN, rate).fastest()

    def test_a_lower_rate_never_needs_more(self) -> None:
        shares = [
            on_zc706(B_LENET_FCN, rate).cheapest(40_000).resources.share(Resources(100, 100, 100, 100))
            for rate in (0.05, 0.25, 0.5)
        ]
        assert shares == sorted(shares)


class TestStages:
    def test_buffers_are_as_deep_as_decisions_need(self) -> None:
        space, chosen = settled(on_zc706(B_LENET_FCN, 0.25), Space.fastest)
        assert space.buffered == (least_depth(chosen.traffic(0, space.reaching)),) > (1,)

    def test_every_buffer_has_a_depth_of_its_own(self) -> None:
        budget = Budget(boards.load("zcu102"), FULL, 125)
        space, chosen = settled(Space(THREE_EXITS, (0.5, 0.1), budget, FPGACONVNET, (1, 1)), Space.fastest)
        least = tuple(least_depth(chosen.traffic(stage, space.reaching)) for stage in range(2))
        assert space.buffered == least
        other = replace(space, buffered=(least[0], least[1] + 3))
        more = estimated(
            space.graph, FPGACONVNET, other.nodes, given_design(other.nodes, chosen.foldings)
        ).components
        assert more["buffer.0"] == chosen.components["buffer.0"]
        assert more["buffer.1"].resources.bram > chosen.components["buffer.1"].resources.bram

    def test_they_are_made_deeper_while_there_is_room(self) -> None:
        space, chosen = settled(on_zc706(B_LENET_SE, 0.25, fraction=0.5), Space.fastest)
        deeper, built = deepened(space, chosen, [20])
        assert deeper.buffered == (20,)
        assert built.foldings == chosen.foldings
        deepest, built = deepened(space, chosen, [10_000])
        assert built.resources.share(space.budget.capacity) <= 1
        one_more = replace(space, buffered=(deepest.buffered[0] + 1,))
        nodes = one_more.nodes
        beyond = estimated(space.graph, FPGACONVNET, nodes, given_design(nodes, chosen.foldings))
        assert beyond.resources.share(space.budget.capacity) > 1

    def test_three_exits(self) -> None:
        budget = Budget(boards.load("zcu102"), FULL, 125)
        space, chosen = settled(Space(THREE_EXITS, (0.5, 0.1), budget, FPGACONVNET, (1, 1)), Space.fastest)
        assert {"split.0", "split.1", "buffer.0", "buffer.1", "merge"} <= set(chosen.components)
        assert len(chosen.latencies()) == 3
        intervals = [chosen.stage_interval(stage) for stage in range(3)]
        assert chosen.period(space.reaching) == max(intervals[0], 0.5 * intervals[1], 0.1 * intervals[2])

    def test_later_exits_take_longer(self) -> None:
        latencies = on_zc706(B_LENET_FCN, 0.25).fastest().latencies()
        assert latencies == sorted(latencies)
