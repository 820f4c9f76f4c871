"""What a plugin changes of the process is put back, and said once with its name."""

import gc
import logging
import os
import random
import sys
import threading
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from likeness import Stage, Values, hookimpl
from likeness.frame import Frame
from likeness.host.deadline import call_with_deadline
from likeness.host.host import Host
from likeness.host.process_state import (
    SLOW_CHECK_FRAMES,
    ProcessState,
    _read_fast,
    _read_slow,
    _read_thread,
)
from likeness.parameters.store import ParamStore
from likeness.stage import PluginParams

pytestmark = pytest.mark.usefixtures("torch_as_it_was")

CHANGES: dict[str, Callable[[], object]] = {
    "the recursion limit": lambda: sys.setrecursionlimit(300),
    "the switch interval of threads": lambda: sys.setswitchinterval(1.0),
    "sys.stdout": lambda: setattr(sys, "stdout", None),
    "sys.__stderr__": lambda: setattr(sys, "__stderr__", None),
    "sys.excepthook": lambda: setattr(sys, "excepthook", print),
    "threading.excepthook": lambda: setattr(threading, "excepthook", print),
    "garbage collection": gc.disable,
    "torch's default dtype": lambda: torch.set_default_dtype(torch.float64),
    "torch's default device": lambda: torch.set_default_device("meta"),
    "torch's gradients": lambda: torch.set_grad_enabled(not torch.is_grad_enabled()),
    "torch's autocast": lambda: torch.autocast("cpu", torch.bfloat16).__enter__(),
    "torch's deterministic algorithms": lambda: torch._C._set_deterministic_algorithms(True),
    "torch's threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "logging.disable": logging.disable,
    "the handlers of the log": lambda: logging.root.handlers.clear(),
    "the log's switch": lambda: setattr(logging.getLogger("likeness"), "disabled", True),
    "sys.setprofile": lambda: sys.setprofile(lambda *_: None),
}
SLOW_CHANGES: dict[str, Callable[[], object]] = {
    "the current folder": lambda: os.chdir("/"),
    "the filters of warnings": lambda: warnings.filterwarnings("error", "never seen"),
    "the environment": lambda: os.environ.update(HOME="/nowhere", DISPLAY=":77"),
}


class Changes:
    def __init__(self, change: Callable[[], object], start: bool = False) -> None:
        self.change, self.at_start = change, start

    @hookimpl
    def start(self, stage: Stage) -> None:
        if self.at_start:
            self.change()

    @hookimpl
    def update(self, latent: Tensor, params: Values) -> None:
        if not self.at_start:
            self.change()


def play(host: Host, frames: int = 1) -> None:
    frame = Frame(0, 0.0, 0.0, 0.0, host.store.snapshot)
    for _ in range(frames):
        host.update(torch.zeros(1, 4, 8), frame)
        host.end_frame(1.0)


def make(change: Callable[[], object], start: bool = False) -> Host:
    host = Host(ParamStore())
    host.add("changer", Changes(change, start))
    host.store.advance(0.01)
    return host


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_hook_of_a_frame_changes_is_put_back_and_said_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    host = make(CHANGES[name])
    before = _read_fast(), _read_thread()
    play(host, 3)
    assert (_read_fast(), _read_thread()) == before
    assert caplog.text.count(f"changer has changed {name} in update; it is as before again") == 1


def test_autocast_that_a_plugin_never_leaves_keeps_no_weights_for_others() -> None:
    play(make(CHANGES["torch's autocast"]))
    layer, one = torch.nn.Linear(4, 4, bias=False), torch.ones(1, 4)
    drawn = []
    for weight in (0.5, 2.0):
        layer.weight.data.fill_(weight)
        with torch.autocast("cpu", torch.bfloat16):
            drawn.append(layer(one).tolist())
    assert drawn == [[[2.0] * 4], [[8.0] * 4]]


@pytest.mark.parametrize("name", SLOW_CHANGES)
def test_what_is_slow_to_read_is_put_back_within_half_a_second(name: str, caplog: pytest.LogCaptureFixture) -> None:
    host = make(SLOW_CHANGES[name])
    before = _read_slow()
    play(host, SLOW_CHECK_FRAMES)
    assert _read_slow() == before
    assert f"changer has changed {name} in a frame" in caplog.text


@pytest.mark.parametrize("name", ["torch's default dtype", "the current folder", "sys.stdout"])
def test_what_start_changes_is_put_back(
    name: str, toy: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    host = make((CHANGES | SLOW_CHANGES)[name], start=True)
    before = _read_fast(), _read_slow()
    host.start(Stage(toy(), PluginParams(host.store), torch.device("cpu"), 1))  # type: ignore[arg-type]
    assert (_read_fast(), _read_slow()) == before
    assert f"changer has changed {name} in its `start`" in caplog.text


def test_what_a_call_changes_that_never_returns_is_put_back() -> None:
    state, opened = ProcessState(), threading.Event()

    def hang() -> None:
        gc.disable()
        opened.wait()

    with pytest.raises(Exception, match="not ready"):
        call_with_deadline(hang, 0.1, "a test", state, "hanger")
    assert gc.isenabled()
    # It no longer counts as a visitor: what the show itself changes meanwhile is the show's.
    gc.disable()
    visit = state.enter()
    state.restore(visit, "other", "update")
    opened.set()
    changed_by_the_show = not gc.isenabled()
    gc.enable()
    assert changed_by_the_show


def test_what_the_show_changes_between_hooks_stays(caplog: pytest.LogCaptureFixture) -> None:
    host = make(lambda: None)
    play(host)
    handler = logging.NullHandler()
    logging.root.addHandler(handler)
    play(host)
    there = handler in logging.root.handlers
    logging.root.removeHandler(handler)
    assert there
    assert "has changed" not in caplog.text


def test_seeding_the_global_generators_changes_no_frame(toy: Callable[..., object]) -> None:
    frames = []
    for seed in (1, 2):
        host = make(lambda seed=seed: (random.seed(seed), torch.manual_seed(seed)))  # type: ignore[misc]
        frame = Frame(0, 0.0, 0.0, 0.0, host.store.snapshot)
        frames.append(toy().synthesize(host.update(torch.ones(1, 4, 16), frame)))  # type: ignore[attr-defined]
    assert torch.equal(*frames)


def test_what_changes_after_the_show_is_no_plugins_doing(caplog: pytest.LogCaptureFixture) -> None:
    state = ProcessState()
    visit = state.enter(whole=True)
    state.end()
    gc.disable()
    try:
        state.restore(visit, "slow", "process_image")
        state.restore_slow("slow", "a frame")
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert caplog.text == ""
