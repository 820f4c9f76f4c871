"""Measure the way from a hand to the picture: a second process presses, an output notes the frame that shows it."""

import multiprocessing
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from likeness.errors import InputError
from likeness.options import Options
from likeness.parameters.midi_binding import Binding
from likeness.parameters.presets import Preset
from likeness.picture import Picture
from likeness.show.show import Show
from likeness.tools.latency.sender import CC, MIDI_PORT, SHADES, press_midi, press_osc, press_page

# A plugin file beside this one, loaded by its path as all plugins are.
FLASH = Path(__file__).with_name("flash.py")
# Frames before the measurement: the first ones allocate.
WARM_UP = 20
# Between two presses at least: several frames, so that each has its own.
GAP_S = 0.05
GAP_FRAMES = 3
# A show that lowers its rate does it at the first bars: two of them, at the usual tempo, and a second.
SETTLED_S = 5.0
# How long a virtual port is waited for, and a press that does not arrive.
PORT_TIMEOUT_S = 10.0
PRESS_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class LatencyResult:
    """What was measured.

    Args:
        seconds: from the sending of a message to the moment when the outputs had the frame that shows it, one for each
            press that was seen, in the order of the presses.
        lost: presses that no frame showed.
        synthesis_ms: the median of what the generator took.
    """

    seconds: tuple[float, ...]
    lost: int
    synthesis_ms: float

    def percentile(self, share: float) -> float:
        """Return the way in ms below which `share` in [0, 1] of the presses were shown."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3


class FlashOutput:
    """An output that notes when the picture changes its shade."""

    name = "watch"

    def __init__(self) -> None:
        self.turns: list[tuple[float, int]] = []
        self._shade = 0

    def show(self, picture: Picture, at: float) -> None:
        """Look at one pixel in the middle."""
        level = int(picture[picture.shape[0] // 2, picture.shape[1] // 2, 0])
        shade = round(level * (SHADES - 1) / 255)
        if shade != self._shade:
            self._shade = shade
            self.turns.append((time.monotonic(), shade))

    def close(self) -> None:
        """Nothing is open."""


def measure_osc(preset: Preset, options: Options, presses: int) -> LatencyResult:
    """Return the ways of so many OSC messages, through the socket, the store, the plugins, the generator and back.

    Args:
        preset: what plays meanwhile.
        options: of the show; the OSC port is a free one.
        presses: how many.
    """
    port = _free_port()
    with Show(preset, replace(options, osc_port=port, plugins=[*options.plugins, FLASH])) as show:
        return _measure(show, press_osc, (port, presses, *_settle(show)), lambda pipe: None)


def measure_page(preset: Preset, options: Options, presses: int) -> LatencyResult:
    """Return the ways of so many messages of a page of the desk, from its socket to the picture."""
    with Show(preset, replace(options, web_port=_free_tcp_port(), plugins=[*options.plugins, FLASH])) as show:
        assert show.web is not None
        return _measure(show, press_page, (show.web.port, presses, *_settle(show)), lambda pipe: None)


def measure_midi(preset: Preset, options: Options, presses: int) -> LatencyResult:
    """Return the ways of so many MIDI control changes from a virtual port of our own.

    Raises:
        InputError: where this machine has no virtual ports.
    """
    bindings = (*preset.midi, Binding("flash.shade", cc=CC, takeover="jump"))
    played = replace(options, osc_port=0, midi="auto", plugins=[*options.plugins, FLASH])
    with Show(preset.model_copy(update={"midi": bindings}), played) as show:

        def wait_for_port(pipe: Connection) -> None:
            refused = _wait_for_message(show, pipe, PORT_TIMEOUT_S)
            if refused is not None:
                raise InputError(f"MIDI cannot be measured here, no virtual port can be opened ({refused})")
            deadline = time.monotonic() + PORT_TIMEOUT_S
            while MIDI_PORT not in str(show.controls.counters().get("MIDI")):
                if time.monotonic() > deadline:
                    raise InputError(f"MIDI cannot be measured here, the port {MIDI_PORT!r} was not found")
                show.loop.frame()

        return _measure(show, press_midi, (presses, *_settle(show)), wait_for_port)


def pair_presses(sent: Sequence[float], turns: Sequence[tuple[float, int]]) -> tuple[tuple[float, ...], int]:
    """Return how long each press took until the picture had its shade, and how many were never shown.

    Args:
        sent: when the presses were sent, in seconds, in their order.
        turns: when the picture changed, and to which shade.
    """
    ways: list[float] = []
    press = 0
    for at, shade in turns:
        # A press whose shade was skipped has had none of its own: the next one came within the same frame.
        wanted = (shade - 1 - press) % SHADES
        if press + wanted < len(sent) and sent[press + wanted] <= at:
            ways.append(at - sent[press + wanted])
            press += wanted + 1
    return tuple(ways), len(sent) - len(ways)


def _measure(
    show: Show, press: Callable[..., None], arguments: tuple[Any, ...], ready: Callable[[Connection], None]
) -> LatencyResult:
    watch = FlashOutput()
    show.loop.outputs.add(watch)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    sender = context.Process(target=press, args=(*arguments, theirs), daemon=True)
    sender.start()
    try:
        for _ in range(WARM_UP):
            show.loop.frame()
        ready(ours)
        ours.send("go")
        sent = _wait_for_message(show, ours, None)
        deadline = time.monotonic() + PRESS_TIMEOUT_S
        while len(watch.turns) < len(sent) and time.monotonic() < deadline:
            show.loop.frame()
        ours.send("thanks")
    finally:
        sender.join(PRESS_TIMEOUT_S)
        sender.kill()
    synthesis = sorted(timing.synthesis_ms for timing in show.loop.stats.timings)
    ways, lost = pair_presses(sent, watch.turns)
    return LatencyResult(ways, lost, synthesis[len(synthesis) // 2])


def _wait_for_message(show: Show, pipe: Connection, patience_s: float | None) -> Any:
    """Play until the other process says something, and return that."""
    deadline = time.monotonic() + patience_s if patience_s else float("inf")
    while not pipe.poll():
        if time.monotonic() > deadline:
            return "it did not answer"
        show.loop.frame()
    return pipe.recv()


def _settle(show: Show) -> tuple[float, float]:
    """Play until the rate is the one that the machine holds; return the gaps between presses at that rate."""
    while not show.strict and show.loop.stats.at < SETTLED_S:
        show.loop.frame()
    fps = show.loop.clock.fps
    return max(GAP_S, GAP_FRAMES / fps), 1 / fps


def _free_tcp_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
