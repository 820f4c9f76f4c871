"""Plugins that never return, raise what ends threads, or return what no generator draws: they cost themselves alone."""

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness import Event, Key, Stage, Values, hookimpl, master
from likeness.host import host
from likeness.host.host import MOST_STRIKES, Host
from likeness.host.slot import RackChange
from likeness.outputs.group import OutputGroup
from likeness.outputs.output import MemoryOutput
from likeness.parameters.store import ParamStore
from likeness.show import loop, renderer
from likeness.show.clock import RealClock
from likeness.show.loop import Loop
from likeness.show.renderer import Renderer, RenderThread
from likeness.stage import PluginParams

DEADLINE_S = 20.0


class Rig:
    """A live show of the toy generator with a plugin that is at fault, and one behind it that is not."""

    def __init__(self, toy: Callable[..., Any], faulty: object) -> None:
        self.store = ParamStore()
        self.store.declare("master", master.PARAMS)
        self.store.declare("show", loop.PARAMS)
        self.store.set("show.hang", 0.1)
        self.host, self.counter = Host(self.store), Counter()
        self.host.add("faulty", faulty)
        self.host.add("counter", self.counter)
        self.renderer = Renderer(self.new_stage(toy()), self.host)
        self.renderer.start()
        self.render = RenderThread(self.renderer.draw, self.host.leave_hung)
        self.loop = Loop(RealClock(100), self.store, self.render, OutputGroup([MemoryOutput()]), (32, 32))

    def new_stage(self, generator: Any) -> Stage:
        return Stage(generator, PluginParams(self.store), torch.device("cpu"), 3)

    def until(self, wanted: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not wanted():
            self.loop.frame()
            assert time.monotonic() < deadline

    def bypassed(self) -> bool:
        return bool(self.store.snapshot["faulty"]["bypass"])

    def plays_on(self) -> None:
        """Play until ten more frames have reached the plugin behind."""
        frames = self.counter.frames
        self.until(lambda: self.counter.frames >= frames + 10)


class Counter:
    frames = 0

    @hookimpl
    def update(self) -> None:
        self.frames += 1


@pytest.fixture
def rig(toy: Callable[..., Any]) -> Iterator[Callable[[object], Rig]]:
    rigs: list[Rig] = []

    def make(faulty: object) -> Rig:
        rigs.append(Rig(toy, faulty))
        return rigs[-1]

    yield make
    for each in rigs:
        each.render.close(1.0)


class Hangs:
    """Never returns from one hook: in a loop of Python, or waiting for a lock that nobody opens."""

    def __init__(self, hook: str, loops: bool) -> None:
        self.hook, self.loops, self.lock = hook, loops, threading.Event()
        self.frames, self.threads = 0, set[threading.Thread]()

    def hang(self, hook: str) -> None:
        if hook != self.hook:
            return
        self.threads.add(threading.current_thread())
        while self.loops:
            pass
        self.lock.wait()

    @hookimpl
    def handle(self, event: Event) -> None:
        self.hang("handle")

    @hookimpl
    def update(self) -> None:
        self.frames += 1
        if self.frames > 3:
            self.hang("update")

    @hookimpl
    def process_image(self) -> None:
        self.hang("process_image")

    @hookimpl
    def describe_visitors(self) -> tuple[()]:
        self.hang("describe_visitors")
        return ()


@pytest.mark.parametrize("loops", [True, False])
@pytest.mark.parametrize("hook", ["handle", "update", "process_image"])
def test_a_plugin_that_never_returns_is_left_behind_and_the_show_plays_on_without_it(
    rig: Callable[[object], Rig], caplog: pytest.LogCaptureFixture, hook: str, loops: bool
) -> None:
    faulty = Hangs(hook, loops)
    show = rig(faulty)
    show.store.post(Key("a"))
    show.until(show.bypassed)
    show.plays_on()
    assert f"faulty.{hook} has not returned for" in caplog.text
    assert "in hang" in caplog.text
    # Tried again, it hangs again, and is left behind again.
    show.store.set("faulty.bypass", False)
    show.until(lambda: not show.bypassed())
    show.store.post(Key("a"))
    show.until(show.bypassed)
    show.plays_on()
    faulty.lock.set()
    assert len(faulty.threads) == 2
    for thread in faulty.threads:
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@pytest.mark.parametrize("hook", ["update", "process_image"])
def test_a_thread_that_was_left_behind_keeps_no_generator_that_plays_no_longer(
    rig: Callable[[object], Rig], toy: Callable[..., Any], hook: str
) -> None:
    faulty, generators = Hangs(hook, loops=False), [toy()]
    first = weakref.ref(generators[0])
    show = rig(faulty)
    show.renderer.switch_scene(show.renderer.scene(show.new_stage(generators.pop())), 0.0)
    show.until(show.bypassed)
    show.renderer.switch_scene(show.renderer.scene(show.new_stage(toy())), 0.0)
    show.plays_on()
    gc.collect()
    assert first() is None
    faulty.lock.set()


def test_a_thread_that_was_left_behind_touches_nothing_when_its_plugin_returns(rig: Callable[[object], Rig]) -> None:
    faulty = Hangs("update", loops=False)
    show = rig(faulty)
    show.until(show.bypassed)
    show.plays_on()
    frames = show.counter.frames
    faulty.lock.set()
    for thread in faulty.threads:
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
    assert show.counter.frames == frames


def test_a_thread_that_was_left_behind_has_the_cores_first_no_longer(
    rig: Callable[[object], Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    lowered: list[int] = []
    monkeypatch.setattr(renderer, "lower_thread", lowered.append)
    faulty = Hangs("update", loops=False)
    show = rig(faulty)
    show.until(show.bypassed)
    assert lowered == [thread.native_id for thread in faulty.threads]
    faulty.lock.set()


def test_a_plugin_that_is_put_back_while_it_hangs_lets_a_picture_through_before_it_hangs_again(
    rig: Callable[[object], Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "VISITORS_S", 0.0)
    faulty, again = (Hangs("describe_visitors", loops=False) for _ in range(2))
    show = rig(faulty)
    show.until(lambda: faulty.threads)
    slot, drawn = show.host.make_slot("faulty", again), show.loop.drawn
    change = RackChange(rack=[slot, show.host.rack[1]], pairs=[(show.host.rack[0], slot)])
    show.host.schedule_change(change)
    show.until(lambda: again.threads)
    assert show.loop.drawn is not drawn
    faulty.lock.set()
    again.lock.set()


class Raises:
    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    @hookimpl
    def start(self, stage: Stage) -> None:
        raise self.error

    @hookimpl
    def handle(self, event: Event) -> None:
        raise self.error

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, BaseException])
def test_whatever_a_plugin_raises_it_is_bypassed_in_the_end(
    rig: Callable[[object], Rig], error: type[BaseException]
) -> None:
    show = rig(Raises(error))
    show.until(show.bypassed)
    show.store.set("faulty.bypass", False)
    show.until(lambda: not show.bypassed())
    show.until(show.bypassed)
    show.plays_on()


class Returns:
    def __init__(self, wrong: Callable[[Tensor], Tensor]) -> None:
        self.wrong, self.frames = wrong, 0

    @hookimpl
    def update(self, latent: Tensor, params: Values) -> Tensor:
        self.frames += 1
        return self.wrong(latent)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (lambda latent: latent.to_sparse(), "sparse"),
        (lambda latent: latent.clone().to_mkldnn(), "mkldnn"),
        (lambda latent: torch.quantize_per_tensor(latent.clone(), 0.1, 0, torch.qint8), "quantised"),
        (lambda latent: torch.nn.Parameter(torch.zeros(latent.shape)), "gradient"),
    ],
)
def test_a_tensor_that_no_generator_draws_is_the_plugins_own_fault(
    rig: Callable[[object], Rig], caplog: pytest.LogCaptureFixture, wrong: Callable[[Tensor], Tensor], named: str
) -> None:
    faulty = Returns(wrong)
    show = rig(faulty)
    show.until(show.bypassed)
    assert faulty.frames == MOST_STRIKES
    assert "faulty.update failed" in caplog.text
    assert named in caplog.text
    assert "drawing failed" not in caplog.text
