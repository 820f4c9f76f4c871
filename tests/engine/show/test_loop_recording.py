"""When a recording begins: with the first picture that was drawn, live; with the first frame, in a render."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
import torch
from tests.engine.show.test_loop import DEADLINE_S, Rig

from likeness.outputs.files import open_file
from likeness.outputs.fitting import FittedOutput
from likeness.outputs.group import OutputGroup
from likeness.show.clock import Clock, FixedClock, RealClock


@pytest.fixture
def rig(toy: Callable[..., Any]) -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(clock: Clock | None = None) -> Rig:
        rigs.append(Rig(toy, clock or FixedClock(50), {}))
        return rigs[-1]

    yield make
    for each in rigs:
        each.render.close(1.0)


@pytest.mark.parametrize("name", ["v.mp4", "v.gif", "v-%03d.png"])
def test_a_file_begins_with_the_first_picture_and_a_screen_shows_black_before_it(
    rig: Callable[..., Rig], tmp_path: Path, name: str
) -> None:
    show, held = rig(RealClock(50)), threading.Event()
    draw, shown = show.generator.synthesize, show.out.pictures
    show.generator.synthesize = lambda latent: draw(latent) if held.wait(DEADLINE_S) else latent
    file = open_file(tmp_path / name, 50.0, offline=False)
    show.rebuild(outputs=OutputGroup([show.out, FittedOutput(file, 32, 32)]))
    show.play(4)
    assert not any(picture.any() for picture in shown)
    held.set()
    deadline = time.monotonic() + DEADLINE_S
    while not (len(shown) > 8 and shown[-3].any()):
        show.play(1)
        assert time.monotonic() < deadline
    show.loop.outputs.close()
    with av.open(str(tmp_path / name)) as film:
        frames = list(film.decode(video=0))
    assert frames[0].pts == 0
    assert frames[0].to_ndarray(format="rgb24").mean() == pytest.approx(shown[-1].mean(), abs=4)


def test_a_render_has_every_frame_also_one_that_could_not_be_drawn(rig: Callable[..., Rig], tmp_path: Path) -> None:
    show = rig()
    draw = show.generator.synthesize
    show.generator.synthesize = lambda latent: (_ for _ in ()).throw(torch.OutOfMemoryError("device full"))
    file = open_file(tmp_path / "v.mkv", 50.0, offline=True)
    show.rebuild(outputs=OutputGroup([file]))
    show.play(2)
    show.generator.synthesize = draw
    show.play(3)
    file.close()
    with av.open(str(tmp_path / "v.mkv")) as film:
        assert len(list(film.decode(video=0))) == 5
