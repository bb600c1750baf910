"""A fault in an accelerator is found, and named by sample and place."""

import re
from pathlib import Path

import pytest
from helpers.small_accelerators import broken_copy, codes_of, replace_in, simulate_broken

from fpga_ee.hardware.design.generate import load
from fpga_ee.hardware.simulation.simulate import simulate


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
