"""The loop under a governor: the clock takes its rate over, and a recording keeps the wanted one."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
import torch
from tests.engine.show.test_clock import Wall
from tests.engine.show.test_loop import Rig, Turn

from likeness.events import Recall
from likeness.outputs.files import open_file
from likeness.outputs.group import OutputGroup
from likeness.show.clock import RealClock
from likeness.show.governor import FrameWork, Governor
from likeness.tempo.transport import Moment

WANTED = 50.0


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def show(toy: Callable[..., Any], wall: Wall) -> Iterator[Rig]:
    rig = Rig(toy, RealClock(WANTED, wall.now, wall.sleep), {"turn": Turn()})
    yield rig
    rig.render.close(1.0)


def test_a_rate_that_is_not_held_is_halved_and_a_recording_keeps_the_wanted_one(
    show: Rig, wall: Wall, tmp_path: Path
) -> None:
    draw = show.generator.synthesize

    def slow(latent: torch.Tensor) -> torch.Tensor:
        wall.now_s += 0.03
        return draw(latent)

    show.generator.synthesize = slow
    file = open_file(tmp_path / "v.mkv", WANTED, offline=False)
    show.rebuild(outputs=OutputGroup([show.out, file]), governor=Governor(WANTED))
    began = wall.now_s
    while wall.now_s < began + 4.0:
        show.play(1)
    file.close()
    assert show.clock.fps == WANTED / 2
    times = show.out.times
    gaps = [later - earlier for earlier, later in pairwise(times[-21:])]
    assert gaps == pytest.approx([2 / WANTED] * 20)
    with av.open(str(tmp_path / "v.mkv")) as film:
        assert film.streams.video[0].average_rate == WANTED
        frames = len(list(film.decode(video=0)))
    assert frames == pytest.approx(times[-1] * WANTED + 1, abs=1)


def test_the_governor_hears_of_each_new_picture_and_of_each_recall(show: Rig) -> None:
    class Listens(Governor):
        def __init__(self) -> None:
            super().__init__(WANTED)
            self.works: list[FrameWork] = []
            self.cues: list[bool] = []

        def add(self, work: FrameWork) -> None:
            self.works.append(work)

        def step(self, moment: Moment, *, cue: bool = False) -> bool:
            self.cues.append(cue)
            return False

    governor = Listens()
    show.rebuild(governor=governor)
    show.play(2)
    show.store.post(Recall("1", 0.0, lambda: None))
    show.play(1)
    draw = show.generator.synthesize
    show.generator.synthesize = lambda latent: (_ for _ in ()).throw(torch.OutOfMemoryError("device full"))
    show.play(2)
    show.generator.synthesize = draw
    show.play(1)
    assert governor.cues == [False, False, True, False, False, False]
    assert [work.at for work in governor.works] == [show.out.times[number] for number in (0, 1, 2, 5)]
    assert all(work.draw_s > 0 for work in governor.works)
