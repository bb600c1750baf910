"""Whole accelerators of random networks, held against ONNX Runtime; and broken ones, which must be caught."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.deploying import export_quantized
from helpers.drawn_networks import HARDWARE_KINDS, JOINING_KINDS, Drawn, Kinds, deployments
from helpers.draws import draws
from helpers.exported import RULES
from helpers.shared import shared
from helpers.small_networks import stripes
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.design_files import read_design
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import describe, generate, load, load_trusting
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.readers.exported import read_export
from fpga_ee.hardware.simulation import harness
from fpga_ee.hardware.simulation.simulate import Pauses, Simulation, simulate, wave
from fpga_ee.networks.blocks import ConvPoolAc
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import quantize

EXAMPLES = 2
"""Networks for every number of exits; `make hw-random` draws more of them than CI."""


@st.composite
def plans(draw: st.DrawFn, graph: HardwareGraph) -> Design:
    """A random folding of every layer, random streams through split and buffer, shallow buffers, copies."""
    foldings = {layer.name: draw(st.sampled_from(layer.foldings())) for layer in graph.layers}
    for index, stage in enumerate(graph.stages[:-1]):
        channels = stage.feature_map.channels
        for unit in ("split", "buffer"):
            streams = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
            foldings[f"{unit}.{index}"] = Folding(streams, streams)
    copies = {f"stage.{index}": draw(st.integers(1, 3)) for index in range(len(graph.stages))}
    depths = tuple(draw(st.integers(1, 4)) for _ in graph.stages[:-1])
    return Design(foldings, depths, copies)


@pytest.mark.slow
@settings(
    max_examples=draws(EXAMPLES),
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
@pytest.mark.parametrize("exits", [1, 2, 3])
def test_any_network_at_any_folding(
    exits: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # The first example is the simplest that there is, and not worth compiling.
    assume(data.draw(st.booleans()))
    check_simulation(data, exits, HARDWARE_KINDS, tmp_path_factory.mktemp("build"))


@pytest.mark.slow
@settings(max_examples=draws(EXAMPLES), phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_network_with_joins_at_any_folding(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assume(data.draw(st.booleans()))
    check_simulation(data, data.draw(st.integers(1, 2)), JOINING_KINDS, tmp_path_factory.mktemp("build"))


def check_simulation(data: st.DataObject, exits: int, kinds: Kinds, build: Path) -> None:
    """Simulate a network that is drawn, at a folding that is drawn too."""
    drawn: Drawn = data.draw(deployments(exits=exits, kinds=kinds))
    try:
        quantized = quantize(drawn.network.eval(), torch.from_numpy(drawn.images), drawn.widths)
        export_quantized(drawn.network, quantized, drawn.rules, build)
        graph, _ = read_export(build)
    except FpgaEeError:
        # What cannot be exported exactly, or read, is other tests' concern.
        assume(False)
    plan = data.draw(plans(graph))
    generate(build, plan, build / "rtl")
    codes = np.moveaxis((drawn.images * 256).astype(np.uint8), 1, -1)
    pauses = Pauses(data.draw(st.sampled_from([0, 30])), seed=1)
    found = simulate(load(build, build / "rtl"), build / "rtl", np.tile(codes, (5, 1, 1, 1)), pauses)
    assert found.problem is None
    if pauses.percent == 0:
        # The model plays rows as a whole: what registers hold of one matters where rows are few and slow.
        assert found.model_interval == pytest.approx(found.interval, rel=0.1, abs=2)


STRIPES = stripes("stripes", 60, 1)


def export_small(second: nn.Module, folder: Path) -> None:
    """Export two stages for images of 8 x 8 with random weights, the second as given."""
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[ConvPoolAc(1, 4, kernel=3, padding=1), nn.Sequential(second)],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(64, 3)) for _ in range(2)],
        exit_loss_weights=(1.0, 1.0),
        input_shape=(1, 8, 8),
    ).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(3)
    quantized = quantize(network, torch.from_numpy(STRIPES.inputs()), Widths())
    export_quantized(network, quantized, RULES[:1], folder)


def codes_of(count: int) -> np.ndarray:
    """Striped images of which some leave early and some go on."""
    return np.moveaxis(STRIPES.images[:count], 1, -1)


SMALL = {"backbone.0.layer.0": Folding(1, 4, 1, 9)}
"""The first convolution has all its weights at hand."""


@pytest.fixture(scope="module")
def small() -> Path:
    """An export of two convolutions."""
    return shared("small", lambda folder: export_small(nn.Conv2d(4, 4, 3, padding=1), folder))


@pytest.fixture(scope="module")
def accelerator(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rtl")
    generate(small, Design(SMALL, 2), folder)
    return folder


@pytest.mark.slow
class TestBroken:
    """A design that is broken on purpose is caught, and the report says where."""

    def test_right_before_it_is_broken(self, small: Path, accelerator: Path) -> None:
        simulation = simulate(load(small, accelerator), accelerator, codes_of(6))
        assert simulation.problem is None
        assert sum(simulation.exits) == 6
        assert min(simulation.exits) > 0, "some leave early, some do not"
        for activity in simulation.activities:
            assert activity.busy == activity.samples * activity.interval
        for stage, activity in enumerate(simulation.activities):
            assert simulation.model_period >= activity.interval * activity.samples / 6, stage

    def test_a_flipped_bit_of_a_memory_is_found_in_its_layer(
        self, small: Path, accelerator: Path, request: pytest.FixtureRequest
    ) -> None:
        # In place: only the memory changes, so nothing is compiled again.
        memory = accelerator / "backbone_0_layer_0.bias.hex"
        text = memory.read_text()
        request.addfinalizer(lambda: memory.write_text(text))
        # The sign of the first filter of four.
        memory.write_text(f"{int(text, 16) ^ 1 << 17:0{len(text) - 1}x}\n")
        problem = simulate_broken(small, accelerator, codes_of(3)).problem
        assert problem is not None
        assert re.fullmatch(
            r"sample \d, stage 0, backbone\.0\.layer\.0, channel 0, row 0, column 0: "
            r"the hardware gives -?\d+, ONNX Runtime -?\d+",
            problem,
        )

    def test_swapped_ids_are_found(self, small: Path, accelerator: Path, tmp_path: Path) -> None:
        broken = broken_copy(accelerator, tmp_path)
        replace_in(
            broken / "accelerator.sv", "assign image_id = s_axis_tid;", "assign image_id = s_axis_tid ^ 1;"
        )
        problem = simulate_broken(small, broken, codes_of(4)).problem
        assert problem is not None
        assert problem.startswith("sample 0, stage ")

    def test_ids_that_nobody_gave_are_found(self, small: Path, accelerator: Path, tmp_path: Path) -> None:
        broken = broken_copy(accelerator, tmp_path)
        replace_in(
            broken / "accelerator.sv", "assign image_id = s_axis_tid;", "assign image_id = s_axis_tid ^ 64;"
        )
        assert simulate_broken(small, broken, codes_of(1)).problem == (
            "sample 64, stage 0, results: the hardware gives a result of this ID, ONNX Runtime no such sample"
        )

    def test_a_buffer_without_room_for_a_sample_deadlocks_and_tells_who_waits(
        self, small: Path, accelerator: Path, tmp_path: Path
    ) -> None:
        """Without a slot for the sample that is judged, the split cannot give it to the exit."""
        broken = broken_copy(accelerator, tmp_path)
        replace_in(broken / "conditional_buffer.sv", "unused <= SAMPLES;", "unused <= 0;")
        problem = simulate_broken(small, broken, codes_of(3)).problem
        assert problem is not None
        assert problem.startswith("deadlock since cycle ")
        assert "waits for buffer_0 to take keep_0" in problem

    def test_samples_that_go_on_though_they_have_left_are_found(
        self, small: Path, accelerator: Path, tmp_path: Path
    ) -> None:
        """All their results would be right, and an early sample would save nothing."""
        broken = broken_copy(accelerator, tmp_path)
        replace_in(
            broken / "conditional_buffer.sv",
            "wire keep = verdict_data[ID_BITS] == (KEEP != 0);",
            "wire keep = verdict_data[ID_BITS] == (KEEP != 0) || KEEP == 0;",
        )
        for images in (3, 12):
            assert simulate_broken(small, broken, codes_of(images)).problem is not None

    def test_a_buffer_with_less_memory_than_slots_is_found(
        self, small: Path, accelerator: Path, tmp_path: Path
    ) -> None:
        broken = broken_copy(accelerator, tmp_path)
        replace_in(broken / "conditional_buffer.sv", "ROOM = BEATS * SAMPLES;", "ROOM = BEATS * SAMPLES / 2;")
        problem = simulate_broken(small, broken, codes_of(12)).problem
        assert problem is not None
        assert re.match(r"sample \d, stage \d, ", problem)


def simulate_broken(build: Path, folder: Path, codes: NDArray[np.uint8], *pauses: Pauses) -> Simulation:
    return simulate(load_trusting(build, folder), folder, codes, *pauses)


"""Of folders whose files are not those of their design."""


def broken_copy(accelerator: Path, folder: Path) -> Path:
    for path in accelerator.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.slow
def test_the_waveform_of_one_image(small: Path, tmp_path: Path) -> None:
    generated = generate(small, Design({}), tmp_path)
    path = wave(load(small, tmp_path), tmp_path, codes_of(1)[0])
    text = path.read_text()
    assert text.startswith("$version Generated by VerilatedVcd")
    # Of the standstill at the end, as long as the slowest layer takes, only the beginning is shown.
    shown = max(int(line[1:]) for line in text.splitlines() if line.startswith("#")) // 10
    report = harness.parse((path.parent / "program" / "report.txt").read_text())
    slowest = max(block.interval for block in generated.diagram.blocks)
    assert max(result.cycle for result in report.results) < shown < report.cycles - slowest // 2


def test_the_same_design_gives_the_same_bytes(small: Path, accelerator: Path, tmp_path: Path) -> None:
    generate(small, Design(SMALL, 2), tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (accelerator / path.name).read_bytes()


@pytest.mark.slow
def test_a_stage_that_is_only_a_relu_of_unsigned_words_changes_none(tmp_path: Path) -> None:
    """Its words use the highest bit too."""
    export_small(nn.ReLU(), tmp_path / "build")
    generate(tmp_path / "build", Design({}), tmp_path / "rtl")
    simulation = simulate(load(tmp_path / "build", tmp_path / "rtl"), tmp_path / "rtl", codes_of(60))
    assert simulation.problem is None
    assert min(simulation.exits) > 0


class Padded(nn.Module):
    """Poolings of signed words with incomplete and late windows, paddings that differ, and a whole map."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.MaxPool2d(2, stride=3, ceil_mode=True),
            nn.ZeroPad2d((1, 0, 3, 2)),
            nn.Conv2d(4, 4, (2, 3), padding="same"),
            nn.MaxPool2d((3, 2), padding=1, ceil_mode=True),
            nn.AdaptiveMaxPool2d(1),
            nn.Conv2d(4, 64, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("percent", [0, 30])
def test_paddings_that_differ_from_side_to_side(percent: int) -> None:
    def export_padded(folder: Path) -> None:
        export_small(nn.Sequential(nn.Conv2d(4, 4, 3, padding=2), Padded()), folder)
        generate(folder, Design({}), folder / "rtl")

    build = shared("padded", export_padded)
    simulation = simulate(load(build, build / "rtl"), build / "rtl", codes_of(60), Pauses(percent, seed=1))
    assert simulation.problem is None
    assert min(simulation.exits) > 0


@pytest.fixture(scope="module")
def copied(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copied")
    plan = Design(SMALL, 2, {"stage.0": 3, "stage.1": 2})
    generate(small, plan, folder)
    return folder


@pytest.mark.slow
class TestCopies:
    """Three copies of the first stage, two of the second."""

    @pytest.mark.parametrize("percent", [0, 30])
    def test_samples_are_shared_evenly_and_every_bit_is_right(
        self, small: Path, copied: Path, percent: int
    ) -> None:
        simulation = simulate(load(small, copied), copied, codes_of(13), Pauses(percent, seed=2))
        assert simulation.problem is None
        assert sum(simulation.exits) == 13
        for stage, copies, reaching in ((0, 3, 13), (1, 2, simulation.exits[1])):
            shares = [(reaching + copies - 1 - copy) // copies for copy in range(copies)]
            for copy, share in enumerate(shares):
                of_copy = [
                    activity
                    for activity in simulation.activities
                    if (activity.stage, activity.copy) == (stage, copy)
                ]
                assert of_copy
                for activity in of_copy:
                    assert activity.samples == share
                    assert activity.busy == share * activity.interval

    def test_a_mistake_in_one_copy_is_found_there(self, small: Path, copied: Path, tmp_path: Path) -> None:
        broken = broken_copy(copied, tmp_path)
        bias = (copied / "backbone_0_layer_0.bias.hex").read_text()
        (broken / "wrong.hex").write_text(f"{int(bias, 16) ^ 1 << 17:0{len(bias) - 1}x}\n")
        top = broken / "accelerator.sv"
        before, after = top.read_text().split(") backbone_0_layer_0_copy_1 (")
        head, tail = before.rsplit("backbone_0_layer_0.bias.hex", 1)
        top.write_text(f"{head}wrong.hex{tail}) backbone_0_layer_0_copy_1 ({after}")
        problem = simulate_broken(small, broken, codes_of(3)).problem
        assert problem is not None
        assert re.match(r"sample 1, stage 0, copy 1, backbone\.0\.layer\.0, channel 0, row 0, ", problem)

    def test_images_come_as_wide_as_the_copies_need(self, exported: Path) -> None:
        fast = {"backbone.0.layer.0": Folding(1, 5, 1, 25), "exits.0.0.layer.0": Folding(5, 2, 1, 9)}
        fast["exits.0.2"] = Folding(5, 1)
        lanes = [
            describe(exported, Design(fast, 2, {"stage.0": copies})).diagram.entering.lanes
            for copies in (1, 2, 3, 4, 16)
        ]
        # 784 pixels in 1,280 cycles, 640, 427, 320 and 80.
        assert lanes == [1, 2, 2, 4, 14]


def test_one_copy_is_as_before(small: Path, accelerator: Path, tmp_path: Path) -> None:
    plan = Design(SMALL, 2, {"stage.0": 1, "stage.1": 1})
    generate(small, plan, tmp_path)
    text = (tmp_path / "accelerator.sv").read_text()
    assert text == (accelerator / "accelerator.sv").read_text()
    assert "copy" not in text
    assert "sample_distributor" not in text


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        ({"stage.0": 0}, "0 copies of stage.0: a stage must be built at least once"),
        ({"stage.2": 2}, "copies stage.2, which B_Lenet_se does not have: it has stage.0 to stage.1"),
        ({"exits.0": 2}, "copies exits.0, which B_Lenet_se does not have"),
        ({"stage.0": 10**9}, "1,000,000,000 copies of stage.0 fit no FPGA: build at most 1,000"),
    ],
)
def test_copies_that_cannot_be_are_refused(
    exported: Path, tmp_path: Path, copies: dict[str, int], message: str
) -> None:
    with pytest.raises(FpgaEeError, match=re.escape(message)):
        generate(exported, Design({}, 2, copies), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("copies", ["2", {"stage.0": 2.5}, {"stage.0": "2"}])
def test_a_design_file_with_other_copies_is_refused(tmp_path: Path, copies: object) -> None:
    path = tmp_path / "design.json"
    path.write_text(json.dumps({"foldings": {}, "buffered": 2, "copies": copies}))
    with pytest.raises(FpgaEeError, match="is not a design"):
        read_design(path)


@pytest.mark.parametrize(
    ("foldings", "buffered", "message"),
    [
        ({"nothing": Folding()}, 2, "the design folds nothing, which B_Lenet_se does not have"),
        ({"split.1": Folding()}, 2, "the design folds split.1, which B_Lenet_se does not have"),
        ({"merge": Folding(7, 3)}, 2, "merge takes one stream and gives one"),
        ({"decision.0": Folding(5, 5)}, 2, "decision.0 takes one stream and gives one"),
        ({"backbone.0.layer.0": Folding(1, 2)}, 2, "cannot be folded by coarse in 1 and out 2: they must"),
        ({"backbone.0.layer.0": Folding(fine=7)}, 2, "fine 7 is not one of 1, 5, 25"),
        ({"backbone.0.layer.0": Folding(coarse_group=5)}, 2, "by coarse group 5: it has no groups, give 1"),
        ({"split.0": Folding(3, 3)}, 2, "split.0 cannot take 3 streams and give 3: .* they must divide 5"),
        ({"buffer.0": Folding(5, 1)}, 2, "buffer.0 cannot take 5 streams and give 1: it gives as many as it"),
        ({}, 0, "a conditional buffer of 0 samples deadlocks"),
        ({}, (0,), "a conditional buffer of 0 samples deadlocks"),
        ({}, 1_000_000_000, "of 1,000,000,000 samples is never full, since there are 65,536 IDs: give it"),
        ({}, (65_537,), "a conditional buffer of 65,537 samples is never full"),
        ({}, (2, 4), "has 2 depths of conditional buffers, but B_Lenet_se needs 1: give one"),
    ],
)
def test_what_cannot_be_built_is_refused(
    exported: Path,
    tmp_path: Path,
    foldings: dict[str, Folding],
    buffered: int | tuple[int, ...],
    message: str,
) -> None:
    with pytest.raises(FpgaEeError, match=message):
        generate(exported, Design(foldings, buffered), tmp_path)


def test_a_buffer_for_as_many_samples_as_there_are_ids(exported: Path) -> None:
    blocks = {block.name: block for block in describe(exported, Design({}, 65_536)).diagram.blocks}
    buffer = blocks["buffer_0"].module
    assert isinstance(buffer, ConditionalBuffer)
    assert buffer.samples == 65_536


def test_an_accelerator_of_another_export_is_refused(small: Path, accelerator: Path, tmp_path: Path) -> None:
    broken = broken_copy(accelerator, tmp_path)
    design = json.loads((broken / "design.json").read_text())
    (broken / "design.json").write_text(json.dumps(design | {"export": "0" * 64}))
    with pytest.raises(FpgaEeError, match="was made from another export"):
        simulate(load(small, broken), broken, codes_of(1))
