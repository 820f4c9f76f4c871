"""A slow generator: the next picture is begun before the last one is shown, and a single late one changes nothing."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from likeness import master
from likeness.events import Event, LatentCommand
from likeness.frame import Frame
from likeness.outputs.group import OutputGroup
from likeness.outputs.output import MemoryOutput
from likeness.parameters.store import ParamStore
from likeness.picture import Drawn, Picture
from likeness.show import loop
from likeness.show.clock import RealClock
from likeness.show.loop import Loop
from likeness.show.renderer import Outcome, RenderThread

DEADLINE_S = 20.0


class Held:
    """A loop whose pictures come when the test lets them, each with the time that it says it took."""

    def __init__(self) -> None:
        self.draw_s = 0.0
        self.let = threading.Semaphore(0)
        self.begun: list[Frame] = []
        # Whether the next picture was being drawn while one was shown.
        self.overlapped: list[bool] = []
        self.render = RenderThread(self._draw)
        store = ParamStore()
        store.declare("master", master.PARAMS)
        store.declare("show", loop.PARAMS)
        held = self

        class Watches(MemoryOutput):
            def show(self, picture: Picture, at: float) -> None:
                held.overlapped.append(held.render.busy)
                super().show(picture, at)

        self.out = Watches()
        self.loop = Loop(RealClock(50), store, self.render, OutputGroup([self.out]), (4, 4))

    def _draw(self, frame: Frame, events: tuple[Event | LatentCommand, ...]) -> Outcome:
        self.begun.append(frame)
        assert self.let.acquire(timeout=DEADLINE_S)
        picture = np.full((4, 4, 3), len(self.begun), np.uint8)
        return Outcome(Drawn(picture, frame.time, private=False), None, 0.0, self.draw_s)

    def until_new(self) -> bool:
        """Play until a new picture is shown; return whether the next one was being drawn meanwhile."""
        while True:
            repeated = self.loop.stats.repeated
            self.loop.frame()
            if self.loop.stats.repeated == repeated:
                return self.overlapped[-1]

    def overlap(self) -> None:
        """Play three pictures that are slow enough for the next to be drawn while each is shown."""
        self.draw_s = 0.2
        self.loop.frame()
        for _ in range(3):
            self.let.release()
            assert self.until_new()


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    for _ in range(10):
        held.let.release()
    held.render.close(1.0)


def test_the_next_picture_of_a_slow_generator_is_drawn_while_the_last_one_is_shown(held: Held) -> None:
    held.overlap()
    times = [frame.time for frame in held.begun]
    # No frame is drawn twice, and no time is lost: what was not drawn meanwhile comes with the next.
    assert times == sorted(set(times))
    assert sum(frame.dt for frame in held.begun) == pytest.approx(times[-1])


def test_one_late_picture_among_fast_ones_changes_nothing(held: Held) -> None:
    held.draw_s = 0.001
    for _ in range(3):
        held.let.release()
        assert not held.until_new()
    held.draw_s = 0.2
    held.loop.frame()
    held.let.release()
    assert not held.until_new()


@pytest.mark.parametrize(("fps", "patience_s"), [(60.0, 0.1), (15.0, 0.1), (12.0, 0.125), (5.0, 0.3)])
def test_at_a_low_rate_a_picture_that_is_a_little_late_is_waited_for(
    held: Held, monkeypatch: pytest.MonkeyPatch, fps: float, patience_s: float
) -> None:
    waited: list[float | None] = []
    monkeypatch.setattr(held.render, "wait", waited.append)
    held.loop.clock.fps = fps
    held.loop.frame()
    assert waited == [pytest.approx(patience_s)]


def test_once_pictures_are_fast_again_each_is_waited_for(held: Held) -> None:
    held.draw_s = 0.2
    held.loop.frame()
    held.let.release()
    assert held.until_new()
    held.draw_s = 0.001
    overlapped = True
    while overlapped:
        held.let.release()
        overlapped = held.until_new()
    held.let.release()
    before = held.loop.stats.repeated
    held.loop.frame()
    held.let.release()
    held.loop.frame()
    assert held.overlapped[-1] is False
    assert held.loop.stats.repeated == before


def test_what_must_change_between_two_pictures_has_its_moment_though_one_is_always_drawn(held: Held) -> None:
    held.overlap()
    asked: list[bool] = []

    def edit() -> None:
        asked.append(held.render.claim())
        if asked[-1]:
            held.loop.store.run(edit)

    held.loop.store.run(edit)
    deadline = time.monotonic() + DEADLINE_S
    while asked[-1:] != [False]:
        held.let.release()
        held.loop.frame()
        assert time.monotonic() < deadline, "the moment never came"
    assert asked[0]
    # And the next ones overlap again.
    held.let.release()
    assert held.until_new()


def test_a_camera_is_not_kept_from_a_slow_show_by_the_picture_that_is_always_drawn(held: Held) -> None:
    held.draw_s = 0.2
    held.loop.frame()
    for _ in range(3):
        held.let.release()
        assert held.until_new()
        assert held.render.busy
        assert not held.render.behind
    for _ in range(3):
        held.loop.frame()
    assert held.render.behind
