"""Several heads are drawn in one forward, side by side: one performer, several screens."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.options import QUIET
from likeness.outputs.fitting import FittedOutput, Screens
from likeness.outputs.output import MemoryOutput
from likeness.parameters.presets import Preset, ShowTable
from likeness.show.show import Show

SIDE = 64


def played(frames: int = 4, **table: object) -> list[np.ndarray]:
    """Return the frames of a walk at a fixed clock."""
    show_table = {"plugins": ("random_walk", "sharpen"), "seed": 3, "size": f"{SIDE}x{SIDE}", **table}
    options = replace(QUIET, offline=True, seconds=frames / 30, fps=30)
    memory = MemoryOutput()
    with Show(Preset(show=ShowTable.model_validate(show_table)), options) as show:
        show.loop.outputs.add(FittedOutput(memory, SIDE, SIDE, show.heads))
        show.run()
    return list(memory.pictures)


def test_the_heads_stand_side_by_side_and_are_different_people() -> None:
    for picture in played(heads=3):
        assert picture.shape == (SIDE, 3 * SIDE, 3)
        first, second, third = np.split(picture.astype(float), 3, axis=1)
        assert min(np.abs(a - b).mean() for a, b in ((first, second), (second, third), (first, third))) > 4


def test_the_first_head_is_the_one_that_plays_alone() -> None:
    for alone, row in zip(played(), played(heads=2), strict=True):
        # A matrix product of two rows may round otherwise than one of one.
        assert np.abs(alone.astype(int) - row[:, :SIDE].astype(int)).max() <= 2


def test_every_head_moves() -> None:
    frames = played(frames=12, heads=3)
    moved = np.abs(frames[-1].astype(float) - frames[0].astype(float))
    assert all(part.mean() > 0.2 for part in np.split(moved, 3, axis=1))


def test_each_screen_gets_its_own_head() -> None:
    screens = [MemoryOutput(), MemoryOutput()]
    row = np.zeros((4, 12, 3), np.uint8)
    row[:, 6:] = 200
    output = Screens(screens)
    output.show(row, 0.0)
    left, right = (screen.pictures[0] for screen in screens)
    assert left.shape == right.shape == (4, 6, 3)
    assert (int(left.max()), int(right.min())) == (0, 200)


def test_heads_without_enough_displays_are_refused_before_anything_opens(tmp_path: Path) -> None:
    options = replace(QUIET, outputs=[str(tmp_path / "never.mp4"), "window"], displays=[0, 1], heads=3)
    with pytest.raises(OutputError, match="2 displays for 3 head"):
        Show(Preset(), options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("heads", [0, -1, 65])
def test_a_number_of_heads_that_nobody_has_is_refused(heads: int) -> None:
    with pytest.raises(ValueError, match="heads"):
        ShowTable(heads=heads)
