"""The loop: frames go out whatever fails or hangs, the master stays in hand, and offline everything repeats."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from likeness import Trigger, Values, hookimpl, master
from likeness.errors import OutputError
from likeness.host.host import Host
from likeness.outputs.group import OutputGroup
from likeness.outputs.output import MemoryOutput
from likeness.parameters.store import ParamStore
from likeness.picture import Picture
from likeness.show import loop
from likeness.show.clock import Clock, FixedClock, RealClock
from likeness.show.loop import BeforeFrame, Loop
from likeness.show.renderer import Renderer, RenderThread
from likeness.stage import PluginParams, Stage

DEADLINE_S = 20.0


class Rig:
    """A show of the toy generator, put together by hand."""

    def __init__(self, toy: Any, clock: Clock, plugins: dict[str, object]) -> None:
        self.store = ParamStore()
        self.store.declare("master", master.PARAMS)
        self.store.declare("show", loop.PARAMS)
        self.host = Host(self.store)
        for name, plugin in plugins.items():
            self.host.add(name, plugin)
        self.generator = toy()
        renderer = Renderer(Stage(self.generator, PluginParams(self.store), torch.device("cpu"), 3), self.host)
        self.render = RenderThread(renderer.draw)
        self.out = MemoryOutput()
        self.clock = clock
        self.rebuild()
        self.store.finish_glides()

    def rebuild(self, **parts: Any) -> None:
        parts.setdefault("outputs", OutputGroup([self.out]))
        self.loop = Loop(self.clock, self.store, self.render, size=(32, 32), **parts)

    def play(self, frames: int) -> list[Picture]:
        for _ in range(frames):
            self.loop.frame()
        return list(self.out.pictures)


@pytest.fixture
def rig(toy: Callable[..., Any]) -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(clock: Clock | None = None, **plugins: object) -> Rig:
        rigs.append(Rig(toy, clock or FixedClock(50), plugins))
        return rigs[-1]

    yield make
    for each in rigs:
        each.render.close(1.0)


class Turn:
    """Turns the first colour with the show's time, and counts presses."""

    def __init__(self) -> None:
        self.presses = 0

    @hookimpl
    def declare_params(self) -> list[Trigger]:
        return [Trigger("press")]

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Any) -> Tensor:
        self.presses += int(params["press"])
        return latent + torch.sin(torch.tensor(frame.time))


class Sick:
    """Gives back NaN and infinity."""

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        return latent / torch.zeros(())


class Raises:
    """Fails in every frame."""

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        raise RuntimeError("boom")

    @hookimpl
    def process_image(self, image: Tensor) -> Tensor:
        raise RuntimeError("boom")


def test_the_picture_is_what_the_generator_drew_of_the_truncated_latent(rig: Callable[..., Rig]) -> None:
    show = rig()
    picture = show.play(1)[0]
    colour = torch.tanh(0.8 * show.generator.sample([3])[0, 0, :3])
    assert np.abs(picture[0, 0] - (colour * 127.5 + 127.5).numpy()).max() <= 1


def test_offline_two_runs_are_the_same_bit_by_bit(rig: Callable[..., Rig]) -> None:
    first, second = rig(turn=Turn()).play(20), rig(turn=Turn()).play(20)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[-1])


def test_a_plugin_that_fails_in_every_frame_costs_no_frame(rig: Callable[..., Rig]) -> None:
    healthy, failing = rig(turn=Turn()), rig(raises=Raises(), turn=Turn())
    assert np.array_equal(np.stack(healthy.play(60)), np.stack(failing.play(60)))
    assert failing.loop.stats.repeated == 0


def test_what_is_not_finite_never_reaches_the_generator(rig: Callable[..., Rig]) -> None:
    assert np.array_equal(rig(sick=Sick()).play(1)[0], rig().play(1)[0])


def test_a_generator_that_fails_leaves_the_last_picture_and_then_goes_on(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    show = rig(turn=Turn())
    show.play(3)
    draw = show.generator.synthesize
    show.generator.synthesize = lambda latent: (_ for _ in ()).throw(torch.OutOfMemoryError("device full"))
    show.play(4)
    show.generator.synthesize = draw
    pictures = show.play(1)
    assert all(np.array_equal(picture, pictures[2]) for picture in pictures[3:7])
    assert not np.array_equal(pictures[7], pictures[2])
    assert show.loop.stats.repeated == 4
    assert "a picture again, after 4 frames" in caplog.text


def test_a_generator_that_hangs_stops_neither_frames_nor_the_master_and_is_a_warning(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    show = rig(RealClock(50), turn=Turn())
    show.play(3)
    last = show.out.pictures[-1]
    held, draw = threading.Event(), show.generator.synthesize

    def hang(latent: Tensor) -> Tensor:
        held.wait(DEADLINE_S)
        return draw(latent)

    show.generator.synthesize = hang
    show.play(2)
    assert np.array_equal(show.out.pictures[-1], last)
    show.store.set("master.fade", 0)
    show.store.set("master.blackout", True)
    assert show.play(1)[-1].max() == 0
    show.store.set("master.blackout", False)
    assert np.array_equal(show.play(1)[-1], last)
    deadline = time.monotonic() + DEADLINE_S
    while "no picture for half a second" not in caplog.text:
        assert time.monotonic() < deadline
        show.play(1)
    # A slow machine is no fault of the program.
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    show.generator.synthesize = draw
    held.set()
    while np.array_equal(show.play(1)[-1], last):
        assert time.monotonic() < deadline


def test_a_repeat_is_the_same_array_for_the_outputs_also_where_the_master_dims(rig: Callable[..., Rig]) -> None:
    show = rig(RealClock(50), turn=Turn())
    show.store.set("master.brightness", 0.5)
    show.store.finish_glides()
    show.play(3)
    held, draw = threading.Event(), show.generator.synthesize
    show.generator.synthesize = lambda latent: draw(latent) if held.wait(DEADLINE_S) else latent
    show.play(3)
    held.set()
    assert show.out.pictures[-1] is show.out.pictures[-2] is show.out.pictures[-3]


def test_presses_during_a_hang_reach_the_plugin_after_it(rig: Callable[..., Rig]) -> None:
    turn = Turn()
    show = rig(RealClock(50), turn=turn)
    show.play(1)
    held, draw = threading.Event(), show.generator.synthesize
    show.generator.synthesize = lambda latent: draw(latent) if held.wait(DEADLINE_S) else latent
    show.play(1)
    for _ in range(3):
        show.store.set("turn.press", 1)
        show.play(1)
    held.set()
    deadline = time.monotonic() + DEADLINE_S
    while turn.presses < 3:
        show.play(1)
        assert time.monotonic() < deadline
    show.play(3)
    assert turn.presses == 3


def test_freeze_holds_picture_and_time_and_goes_on_without_a_leap(rig: Callable[..., Rig]) -> None:
    show, free = rig(turn=Turn()), rig(turn=Turn())
    show.play(5)
    show.store.set("master.freeze", True)
    show.play(30)
    show.store.set("master.freeze", False)
    pictures = show.play(1)
    expected = free.play(6)
    assert all(np.array_equal(picture, pictures[4]) for picture in pictures[5:35])
    assert np.array_equal(pictures[35], expected[5])


def test_what_was_drawn_is_kept_beside_what_the_master_made_of_it(rig: Callable[..., Rig]) -> None:
    show = rig()
    assert show.loop.drawn is None
    show.store.set("master.fade", 0.0)
    show.store.set("master.blackout", True)
    (dark,) = show.play(1)
    drawn = show.loop.drawn
    assert drawn is not None
    assert not drawn.private
    assert show.loop.shown is dark
    assert not dark.any()
    assert drawn.picture.any()


def test_an_output_that_fails_is_closed_and_the_rest_go_on(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    class Full(MemoryOutput):
        name = "full disk"
        closed = False

        def show(self, picture: Picture, at: float) -> None:
            raise OutputError("the disk is full")

        def close(self) -> None:
            self.closed = True
            raise RuntimeError("and it cannot be flushed")

    show, full = rig(), Full()
    full.name = "full disk"
    show.rebuild(outputs=OutputGroup([full, show.out]))
    assert len(show.play(3)) == 3
    assert full.closed
    assert "full disk is closed: the disk is full" in caplog.text


def test_with_no_output_left_the_show_ends_and_says_why(rig: Callable[..., Rig]) -> None:
    show = rig()
    show.rebuild(outputs=OutputGroup())
    with pytest.raises(OutputError, match="no output is left"):
        show.loop.frame()


def test_beats_follow_the_tempo(rig: Callable[..., Rig]) -> None:
    beats = []

    class Listen:
        @hookimpl
        def update(self, frame: Any) -> None:
            beats.append(frame.beat)

    show = rig(listen=Listen())
    show.store.set("show.tempo", 150)
    show.play(51)
    assert beats[-1] == pytest.approx(2.5)


def test_what_is_asked_between_two_frames_lands_in_the_frame_whose_beat_was_told(rig: Callable[..., Rig]) -> None:
    pressed: list[float] = []

    class Pad:
        @hookimpl
        def declare_params(self) -> list[Trigger]:
            return [Trigger("press")]

        @hookimpl
        def update(self, params: Values, frame: Any) -> None:
            pressed.extend([frame.beat] * int(params["press"]))

    show = rig(pad=Pad())
    press = BeforeFrame(cues=lambda time, beat: show.store.set("pad.press", 1) if 0.9 < beat < 0.95 else None)
    show.rebuild(before=press)
    show.play(40)
    # 120 beats a minute at 50 frames a second: a frame every 0.04 beats.
    assert pressed == pytest.approx([0.92])


def test_what_fails_between_two_frames_costs_no_frame(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    show = rig(turn=Turn())
    show.rebuild(before=BeforeFrame(controls=lambda time, beat: {}["nothing"]))
    assert len(show.play(5)) == 5
    assert caplog.text.count("controls between two frames failed") == 1


def test_the_stages_before_a_frame_are_called_in_their_order_with_the_same_time(rig: Callable[..., Rig]) -> None:
    called: list[tuple[str, float, float]] = []

    def stage(name: str) -> Callable[[float, float], None]:
        return lambda time, beat: called.append((name, time, beat))

    names = ("camera", "controls", "modulation", "cues")
    show = rig(turn=Turn())
    show.rebuild(before=BeforeFrame(**{name: stage(name) for name in reversed(names)}))
    show.play(2)
    # The clock's first frame is at 0; the show's time is that before the frame, the beat that of the frame.
    assert called == [(name, 0.0, beat) for beat in (0.0, 0.04) for name in names]
