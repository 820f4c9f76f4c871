"""The other process of `likeness latency`: sends what a hand would, and notes when. Must not import torch."""

import json
import random
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from pythonosc.udp_client import SimpleUDPClient

from likeness.errors import InputError

MIDI_PORT = "likeness latency"
CC = 20
SHADES = 128


def press_osc(port: int, presses: int, gap_s: float, spread_s: float, pipe: Connection) -> None:
    """Set `/flash/shade` to 1, 2, 3, ... at random moments, then report when, on the system's monotonic clock.

    Args:
        port: where the show hears OSC.
        presses: how many messages.
        gap_s: the least time between two.
        spread_s: up to so much is added, at random, so that presses fall anywhere in a frame.
        pipe: to the show; what comes in on it starts the presses.
    """
    client = SimpleUDPClient("127.0.0.1", port)
    _send_presses(lambda shade: client.send_message("/flash/shade", shade), presses, gap_s, spread_s, pipe)


def press_page(port: int, presses: int, gap_s: float, spread_s: float, pipe: Connection) -> None:
    """Set `/flash/shade` as a page of the desk does, as `press_osc`; what the desk tells meanwhile is read.

    Args:
        port: of the desk.
        presses, gap_s, spread_s, pipe: as of `press_osc`.
    """
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{port}/socket") as connection:
        threading.Thread(target=lambda: list(connection), daemon=True).start()
        _send_presses(
            lambda shade: connection.send(json.dumps([["/flash/shade", shade]])), presses, gap_s, spread_s, pipe
        )


def press_midi(presses: int, gap_s: float, spread_s: float, pipe: Connection) -> None:
    """Turn a knob on a virtual port of our own, as `press_osc`; report why not where there can be none."""
    try:
        out = _open_virtual_port()
    except InputError as error:
        pipe.send(str(error))
        return
    pipe.send(None)
    _send_presses(lambda shade: out.send_message([0xB0, CC, shade]), presses, gap_s, spread_s, pipe)
    out.delete()


def shade_of(index: int) -> int:
    """Return what press number `index`, from 0, sets: another shade than the press before, or the start."""
    return (index + 1) % SHADES


def _open_virtual_port() -> Any:
    """Return a MIDI output that others see as an input, on the first system that allows one.

    Raises:
        InputError: saying what each system answered.
    """
    try:
        import rtmidi
    except ImportError as error:
        raise InputError(f"{error}; install python-rtmidi") from error
    said = []
    for api in rtmidi.get_compiled_api():
        try:
            out = rtmidi.MidiOut(api)
            out.open_virtual_port(MIDI_PORT)
        except Exception as error:  # noqa: BLE001 - rtmidi raises what the driver gave it
            said.append(str(error))
        else:
            return out
    raise InputError("; ".join(said) or "rtmidi was built without any")


def _send_presses(send: Callable[[int], None], presses: int, gap_s: float, spread_s: float, pipe: Connection) -> None:
    pipe.recv()
    chance = random.Random(1)
    sent = []
    for index in range(presses):
        time.sleep(gap_s + chance.random() * spread_s)
        sent.append(time.monotonic())
        send(shade_of(index))
    pipe.send(sent)
    pipe.recv()
