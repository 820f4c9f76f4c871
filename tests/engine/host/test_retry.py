"""Retries: a plugin that was bypassed is tried again, later and later, and never while it is still stuck."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness import Frame, hookimpl
from likeness.host.host import MOST_STRIKES, Host
from likeness.host.retry import FIRST_S, MOST_S, Retry
from likeness.stage import PluginParams, Stage

ONE = torch.ones(1, 4, 16)


class Fails:
    """Raises while it is told to, and else adds 1."""

    def __init__(self) -> None:
        self.broken, self.calls = True, 0

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        self.calls += 1
        if self.broken:
            raise RuntimeError("the disk is gone")
        return latent + 1


class FailsToStart(Fails):
    """Raises in `start`."""

    @hookimpl
    def start(self) -> None:
        raise RuntimeError("no such device")


def play(host: Host, at: float, frames: int = 1) -> Tensor:
    """Return the latent of the last of so many frames from the show's time `at` on."""
    latent = ONE
    for index in range(frames):
        host.store.advance(0.02)
        latent = host.update(ONE, Frame(index, at + index * 0.02, 0.02, 0.0, host.store.snapshot))
    return latent


def test_waits_double_up_to_an_hour_and_begin_anew_after_an_hour_of_play() -> None:
    retry, at, waits = Retry(), 0.0, []
    for _ in range(9):
        waits.append(retry.begin(at))
        assert not retry.is_due(at + waits[-1] - 0.1)
        at += waits[-1]
        assert retry.is_due(at)
        assert not retry.is_due(at)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert retry.begin(at + MOST_S + 1) == FIRST_S


def test_one_that_was_left_behind_waits_for_its_thread() -> None:
    retry, released = Retry(), threading.Event()
    stuck = threading.Thread(target=released.wait, daemon=True)
    stuck.start()
    retry.hold(stuck)
    retry.begin(0.0)
    assert not retry.is_due(FIRST_S)
    released.set()
    stuck.join()
    assert retry.is_due(FIRST_S)


def test_a_plugin_plays_again_by_itself_once_what_it_needs_is_back(caplog: pytest.LogCaptureFixture) -> None:
    host, plugin = Host(), Fails()
    slot = host.add("fails", plugin)
    play(host, 0.0, MOST_STRIKES + 2)
    assert plugin.calls == MOST_STRIKES
    assert "fails is bypassed; it is tried again in 1 min, or when you turn fails.bypass off" in caplog.text
    play(host, FIRST_S, 2 * MOST_STRIKES)
    assert plugin.calls == 2 * MOST_STRIKES
    assert "in 2 min" in caplog.text
    plugin.broken = False
    assert torch.equal(play(host, 2.5 * FIRST_S, 3), ONE)
    assert torch.equal(play(host, 4 * FIRST_S, 3), ONE + 1)
    assert not slot.bypassed_by_host
    assert slot.last_error == ""


def test_one_whose_bypass_was_turned_off_by_hand_is_not_waited_for() -> None:
    host, plugin = Host(), Fails()
    host.add("fails", plugin)
    play(host, 0.0, MOST_STRIKES + 2)
    plugin.broken = False
    host.store.set("fails.bypass", False)
    play(host, 1.0, 2)
    host.store.set("fails.bypass", True)
    assert torch.equal(play(host, FIRST_S + 1, 3), ONE)


def test_one_that_never_started_is_not_tried_again(toy: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    host, plugin = Host(), FailsToStart()
    host.add("fails", plugin)
    host.start(Stage(toy(), PluginParams(host.store), torch.device("cpu"), 1))
    play(host, FIRST_S + 1, 3)
    assert plugin.calls == 0
    assert "fails is bypassed; it is tried again when you turn fails.bypass off" in caplog.text
