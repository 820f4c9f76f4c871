"""The master ends where the last press says, in time, whatever is pressed, recalled, raised or hung before."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from likeness import Event, Float, Frame, Param, Values, hookimpl, master
from likeness.cues import history_commands as history_desk
from likeness.cues import recall as cue_recall
from likeness.cues.bank import Cue, CueFace
from likeness.cues.recall import CueRecall, Duration
from likeness.host.host import Host
from likeness.master import Master
from likeness.outputs.group import OutputGroup
from likeness.outputs.output import MemoryOutput
from likeness.parameters.store import ParamStore
from likeness.picture import Picture
from likeness.show import loop
from likeness.show.clock import LONGEST_DT_S, Tick
from likeness.show.loop import BeforeFrame, Loop
from likeness.show.renderer import Outcome, Renderer
from likeness.stage import PluginParams, Stage
from likeness.tempo.transport import Transport

SEQUENCES = 800
DOUBLE_S = 0.4
SLACK_S = 1e-6
MOODS = ("well", "raises", "exits", "not finite", "wrong shape", "no tensor")


class FakeClock:
    """Time that passes when the test says so."""

    fps, offline = 60.0, False

    def __init__(self) -> None:
        self.now = self._last = 0.0
        self._index = -1

    def tick(self) -> Tick:
        self._index += 1
        dt, self._last = self.now - self._last, self.now
        return Tick(self._index, min(dt, LONGEST_DT_S), self.now)


class Moody:
    """A plugin that fails in every way there is."""

    mood = "well"

    @hookimpl
    def declare_params(self) -> Sequence[Param]:
        return [Float("shade", 0.5, glide=0.1)]

    @hookimpl
    def handle(self, event: Event) -> None:
        if self.mood == "raises":
            raise RuntimeError("boom")

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Any:
        if self.mood == "raises":
            raise RuntimeError("boom")
        if self.mood == "exits":
            raise SystemExit(1)
        if self.mood == "not finite":
            return latent * float("nan")
        if self.mood == "wrong shape":
            return latent[:, :1]
        if self.mood == "no tensor":
            return "a face"
        return latent + float(params["shade"])


class ScriptedRender:
    """Draws on the show's own thread; while the generator hangs, no picture comes."""

    def __init__(self, draw: Callable[[Frame, tuple[Event, ...]], Outcome]) -> None:
        self._draw = draw
        self._order: tuple[Frame, tuple[Event, ...]] | None = None
        self.generator = "well"

    @property
    def busy(self) -> bool:
        return self._order is not None

    def replace_hung(self, seconds: float) -> bool:
        return False

    def submit(self, frame: Frame, events: tuple[Event, ...]) -> None:
        self._order = (frame, events)

    def wait(self, timeout_s: float | None) -> Outcome | None:
        if self.generator == "hangs" or self._order is None:
            return None
        order, self._order = self._order, None
        if self.generator == "raises":
            return Outcome(None, torch.OutOfMemoryError("device full"), 0.0)
        return self._draw(*order)


class Rig:
    """A show of the toy generator on a fake clock, and what a patient observer expects of its master."""

    def __init__(self, toy: Callable[..., Any]) -> None:
        self.clock, self.store, self.plugin = FakeClock(), ParamStore(), Moody()
        self.store.declare("master", master.PARAMS)
        self.store.declare("show", loop.PARAMS)
        self.store.declare("cue", cue_recall.PARAMS)
        self.store.declare("history", history_desk.PARAMS)
        host = Host(self.store)
        host.add("moody", self.plugin)
        # Quiet: thousands of tracebacks of planned faults are no news.
        host._faults.tell = lambda *args, **more: 0  # type: ignore[method-assign]
        renderer = Renderer(Stage(toy(4, 4, 4), PluginParams(self.store), torch.device("cpu"), 3), host)
        self.latents = renderer.latents
        self.render = ScriptedRender(renderer.draw)
        self.out = MemoryOutput()
        hand = Master(lambda: self.clock.now)
        transport = Transport()
        self.cues = CueRecall(self.store, host, lambda: transport.moment)
        self.loop = Loop(
            self.clock,
            self.store,
            self.render,  # type: ignore[arg-type]
            OutputGroup([self.out]),
            (4, 4),
            before=BeforeFrame(cues=self.cues.advance),
            master=hand,
            transport=transport,
        )
        self.loop._faults.tell = lambda *args, **more: 0  # type: ignore[method-assign]
        master.commands(self.store, self.cues.cancel_waiting)
        # The observer's own account, from the words of the manual alone.
        self.dark = self.frozen = False
        self.fade, self.brightness, self.deadline = 0.5, 1.0, 0.0
        self.first_press: tuple[float, bool] | None = None
        # Where a second press has just sent the level, without a fade.
        self.cut: bool | None = None
        self.level, self.at = 1.0, 0.0
        self.held: Picture | None = None

    # What hands do.

    def ask(self, dark: bool, seconds: float) -> None:
        if dark != self.dark:
            self.deadline = self.clock.now + seconds
        self.dark = dark

    def press(self) -> None:
        self.store.toggle("master.blackout")
        if self.first_press and self.clock.now - self.first_press[0] <= DOUBLE_S and self.first_press[1] == self.dark:
            self.deadline, self.cut, self.first_press = self.clock.now, self.dark, None
        else:
            self.ask(not self.dark, self.fade)
            self.first_press, self.cut = (self.clock.now, self.dark), None

    def send(self, dark: bool) -> None:
        self.store.set("master.blackout", dark)
        self.ask(dark, self.fade)

    def set_fade(self, seconds: float) -> None:
        self.store.set("master.fade", seconds)
        if self.level != (0.0 if self.dark else 1.0) and self.cut != self.dark:
            self.deadline = self.clock.now + seconds
        self.fade = seconds

    def freeze(self, on: bool) -> None:
        self.store.set("master.freeze", on)
        self.frozen = on

    def turn(self, brightness: float) -> None:
        self.store.set("master.brightness", brightness)
        self.brightness = brightness

    def panic(self) -> None:
        self.store.set("master.panic", 1)
        self.frozen = False

    def recall(self, shade: float, psi: float, seconds: float) -> None:
        self.store.recall({"moody.shade": shade, "show.psi": psi, "moody.bypass": False}, seconds)

    def cue(self, shade: float, seconds: float, quantise: str) -> None:
        self.store.set("cue.quantise", quantise)
        cue = Cue({"moody.shade": shade, "master.blackout": True}, face=CueFace(torch.full((4, 4), shade)))
        self.cues.recall("a cue", lambda: cue, Duration(seconds))

    # What happens.

    def frame(self, dt: float) -> None:
        self.clock.now += dt
        self.loop.frame()
        picture, since, self.at = self.out.pictures.pop(), self.clock.now - self.at, self.clock.now
        if not self.frozen or self.held is None:
            self.held = self.loop.picture
        gain = float(self.store.snapshot["master"]["brightness"])
        level = self.loop.master.level
        assert np.array_equal(picture, np.floor(self.held * (level * gain) + 0.5).astype(np.uint8))
        goal = 0.0 if self.dark else 1.0
        assert self.loop.master.dark == self.dark
        if self.at >= self.deadline + SLACK_S:
            assert level == goal
        # Never away from the goal, never past it, and no faster than a fade is.
        assert min(self.level, goal) - 1e-9 <= level <= max(self.level, goal) + 1e-9
        if self.cut != self.dark and self.fade > 0:
            assert abs(level - self.level) <= since / self.fade + 1e-9
        self.level, self.cut = level, None

    def calm(self) -> None:
        """Panic: whatever was on its way stays where it is, however long one waits."""
        self.plugin.mood = self.render.generator = "well"
        self.frame(0.02)
        self.panic()
        self.frame(0.02)
        # The generator that hung has not seen the panic in the frame that it still had to draw.
        self.frame(0.02)
        face = self.latents.shown
        # Two bars at 120 BPM, and longer than any fade of the plugin's.
        for _ in range(2):
            self.frame(2.0)
            assert torch.allclose(self.latents.shown, face, atol=1e-4)

    def end(self) -> None:
        """Wait as long as was promised, and no longer."""
        for _ in range(9):
            self.frame(LONGEST_DT_S)
        self.frame(max(self.deadline - self.at, 0.0) + 2 * SLACK_S)
        assert self.loop.master.level == (0.0 if self.dark else 1.0)
        assert self.store.snapshot["master"]["brightness"] == self.brightness


UNIT = st.floats(0.0, 1.0)
FADES = st.sampled_from([0.0, 0.05, 0.5, 3.0, 20.0]) | st.floats(0.0, 20.0)
DTS = st.sampled_from([0.0, 1 / 60, 1 / 60, 1 / 25, 0.2, 0.39, 0.41, 3.0]) | st.floats(0.001, 1.0)
STEPS = st.one_of(
    st.tuples(st.just("press")),
    st.tuples(st.just("press")),
    st.tuples(st.just("send"), st.booleans()),
    st.tuples(st.just("set_fade"), FADES),
    st.tuples(st.just("freeze"), st.booleans()),
    st.tuples(st.just("turn"), UNIT),
    st.tuples(st.just("panic")),
    st.tuples(st.just("recall"), UNIT, UNIT, FADES),
    st.tuples(st.just("cue"), UNIT, FADES, st.sampled_from(["off", "beat", "bar"])),
    st.tuples(st.just("plugin"), st.sampled_from(MOODS)),
    st.tuples(st.just("generator"), st.sampled_from(["well", "raises", "hangs"])),
    st.tuples(st.just("frame"), DTS),
    st.tuples(st.just("frame"), DTS),
    st.tuples(st.just("frame"), DTS),
    st.tuples(st.just("wait"), DTS),
)


@settings(
    max_examples=SEQUENCES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=24))
def test_the_master_ends_where_the_last_press_says_in_time(
    toy: Callable[..., Any], steps: list[tuple[Any, ...]]
) -> None:
    rig = Rig(toy)
    rig.frame(0.0)
    for name, *arguments in steps:
        if name == "plugin":
            rig.plugin.mood = arguments[0]
        elif name == "generator":
            rig.render.generator = arguments[0]
        elif name == "wait":
            rig.clock.now += arguments[0]
        else:
            getattr(rig, name)(*arguments)
    # It costs five frames: enough sequences have a panic of their own, and this is one more at their end.
    if ("panic",) in steps:
        rig.calm()
    rig.end()
