"""The self-test of the way from a hand to the picture."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from likeness import Key, Note
from likeness.frame import Frame
from likeness.host.discovery import load_plugin
from likeness.host.host import Host
from likeness.options import QUIET
from likeness.parameters.presets import Preset
from likeness.picture import to_picture
from likeness.stage import PluginParams, Stage
from likeness.tools.latency.measure import FLASH, FlashOutput, LatencyResult, measure_osc, measure_page, pair_presses
from likeness.tools.latency.sender import shade_of


def test_each_press_is_paired_with_the_turn_that_it_made() -> None:
    ways, lost = pair_presses([1.0, 2.0, 3.0], [(1.25, 1), (2.5, 2), (3.125, 3)])
    assert ways == (0.25, 0.5, 0.125)
    assert lost == 0


def test_a_press_that_no_frame_showed_is_lost_and_the_rest_are_paired_rightly() -> None:
    # The second press and the third fell into one frame.
    ways, lost = pair_presses([1.0, 2.0, 2.001, 3.0], [(1.25, 1), (2.5, 3), (3.125, 4)])
    assert ways == pytest.approx((0.25, 0.499, 0.125))
    assert lost == 1
    assert pair_presses([1.0], []) == ((), 1)


def test_shades_begin_anew_after_the_last_and_the_pairing_goes_on() -> None:
    sent = [float(index) for index in range(300)]
    turns = [(index + 0.5, shade_of(index)) for index in range(300) if index != 128]
    ways, lost = pair_presses(sent, turns)
    assert set(ways) == {0.5}
    assert lost == 1


def test_a_turn_before_the_press_is_not_its_doing() -> None:
    assert pair_presses([1.0], [(0.5, 1)]) == ((), 1)


def test_percentiles_are_those_of_the_presses() -> None:
    ways = LatencyResult(tuple(k / 1000 for k in range(100, 0, -1)), 0, 1.0)
    # Of 1 to 100 ms.
    assert ways.percentile(0.5) == pytest.approx(50.5, abs=0.6)
    assert ways.percentile(0.99) == pytest.approx(99.5, abs=0.6)


def test_the_watch_notes_when_the_picture_turns() -> None:
    watch = FlashOutput()
    for level in (0, 0, 255, 255, 2, 0):
        watch.show(np.full((9, 9, 3), level, np.uint8), 0.0)
    assert [shade for _, shade in watch.turns] == [127, 1, 0]


@pytest.fixture
def flash(toy: Callable[..., Any]) -> Callable[..., torch.Tensor]:
    """Return what draws the flash's next picture, after `events`, with parameters."""
    host = Host()
    host.add("flash", load_plugin("flash", {"flash": FLASH}))
    stage = Stage(toy(), PluginParams(host.store), torch.device("cpu"), 0)

    def draw(*events: Key | Note, index: int = 0, **params: int) -> torch.Tensor:
        for name, value in params.items():
            host.store.set(f"flash.{name}", value)
        host.store.advance(0.02)
        for event in events:
            host.handle(event, stage)
        return host.process_image(torch.zeros(1, 3, 32, 32), Frame(index, 0.0, 0.02, 0.0, host.store.snapshot))

    return draw


def test_the_flash_shows_its_shade_and_is_turned_over_by_keys_and_notes(flash: Callable[..., torch.Tensor]) -> None:
    assert flash().eq(-1).all()
    assert flash(shade=127).eq(1).all()
    assert flash(Key("a"), shade=0).eq(1).all()
    assert flash(Note(60, 1.0), Note(60, 0.0)).eq(-1).all()


def test_every_shade_is_told_from_its_neighbours(flash: Callable[..., torch.Tensor]) -> None:
    watch = FlashOutput()
    for shade in range(1, 128):
        watch.show(to_picture(flash(shade=shade)), 0.0)
    assert [shade for _, shade in watch.turns] == list(range(1, 128))


def test_the_pattern_lights_another_cell_in_each_frame(flash: Callable[..., torch.Tensor]) -> None:
    strips = [flash(index=index, pattern=True)[0, 0, -1] for index in range(32)]
    lit = [strip.eq(1).nonzero().flatten().tolist() for strip in strips]
    # 32 columns are 16 cells of two.
    assert lit[:3] == [[0, 1], [2, 3], [4, 5]]
    assert lit[16:] == lit[:16]
    assert flash(pattern=True)[0, 0, :28].eq(-1).all()


@pytest.mark.parametrize("measure", [measure_osc, measure_page])
def test_presses_of_another_process_are_seen_in_the_picture(
    measure: Callable[..., LatencyResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    # The weights that draw fastest: where a frame outlasts the gap between two presses, one of them is lost.
    ways = measure(Preset(), replace(QUIET, size=(64, 64), fps=30.0, weights="composite-256"), 12)
    assert ways.lost <= 2
    assert len(ways.seconds) + ways.lost == 12
    assert min(ways.seconds) > 0
    assert ways.percentile(0.5) < 1e3
    assert ways.synthesis_ms > 0


def test_the_hand_does_not_import_torch() -> None:
    script = (
        "import likeness.tools.latency.sender, sys; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 0
