"""Audio devices: heard on a thread of their own, absent or unplugged with one line, and back again."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tests.engine.sounds import RATE, sine

from likeness.audio import device as audio
from likeness.audio.device import AudioInput, OnBlock
from likeness.audio.features import SILENCE
from likeness.audio.open_audio import open_audio
from likeness.errors import InputError

DEADLINE_S = 20.0


class Desk:
    """A driver with one device that plays a sine as fast as it is heard, while it is plugged in."""

    def __init__(self) -> None:
        self.plugged, self.opened = True, 0
        self.closing: list[threading.Event] = []

    def open(self, name: str, take: OnBlock, again: bool) -> "Playing":
        if not self.plugged:
            raise InputError(f"no input device has {name!r} in its name")
        self.opened += 1
        self.closing.append(threading.Event())
        return Playing(self, take, self.closing[-1])


class Playing:
    rate = float(RATE)

    def __init__(self, desk: Desk, take: OnBlock, closing: threading.Event) -> None:
        self._desk, self._take, self._closing = desk, take, closing
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        track = sine(1000, 0.5, 1.0)
        place = 0
        while not self._closing.wait(0.002):
            if self._desk.plugged:
                # 500 is no multiple of a hop.
                self._take(np.take(track, range(place, place + 500), mode="wrap")[:, None])
                place = (place + 500) % len(track)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        if not self._desk.plugged:
            raise OSError("it is not there any more")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def listen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[AudioInput]:
    monkeypatch.setattr(audio, "RETRY_S", 0.02)
    monkeypatch.setattr(audio, "GONE_S", 0.2)
    listening = AudioInput("desk", open_stream=desk.open)
    yield listening
    listening.close()
    assert all(closing.is_set() for closing in desk.closing)


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_blocks_of_any_size_are_heard(listen: AudioInput) -> None:
    assert listen.features_at(0.0) == SILENCE
    listen.start()
    wait(lambda: listen.features_at(0.0).level > 0.95)
    assert listen.features_at(0.0).bands[4] > 0.95


def test_an_unplugged_device_is_silence_with_one_line_and_comes_back(
    listen: AudioInput, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    listen.start()
    wait(lambda: listen.features_at(0.0).level > 0.95)
    desk.plugged = False
    wait(lambda: listen.features_at(0.0) == SILENCE)
    # Several tries pass without a word.
    began = time.monotonic()
    wait(lambda: time.monotonic() - began > 0.2)
    assert [record.levelname for record in caplog.records if "audio" in record.message] == ["WARNING"]
    assert "desk is gone" in caplog.text
    desk.plugged = True
    wait(lambda: listen.features_at(0.0).level > 0.95)
    assert desk.opened == 2
    assert "desk is back" in caplog.text


def test_a_device_that_is_absent_at_the_start_is_one_line_and_is_picked_up(
    listen: AudioInput, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.plugged = False
    listen.start()
    wait(lambda: "no input device has 'desk'" in caplog.text)
    desk.plugged = True
    wait(lambda: listen.features_at(0.0).level > 0.95)
    assert caplog.text.count("no input device") == 1


def test_a_driver_that_hangs_while_it_closes_does_not_keep_the_show(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(audio, "CLOSE_TIMEOUT_S", 0.05)
    released = threading.Event()

    class Hanging:
        rate = float(RATE)

        def close(self) -> None:
            released.wait(DEADLINE_S)

    opened = threading.Event()

    def open_hanging(name: str, take: OnBlock, again: bool) -> Hanging:
        opened.set()
        return Hanging()

    listening = AudioInput("desk", open_stream=open_hanging)
    listening.start()
    assert opened.wait(DEADLINE_S)
    listening.close()
    assert "does not close" in caplog.text
    released.set()


def test_a_render_does_not_hear_devices() -> None:
    with pytest.raises(InputError, match="a render takes its audio from a file"):
        open_audio("microphone", offline=True)


def test_off_is_silence() -> None:
    assert open_audio("off", offline=True).features_at(5.0) == SILENCE


def test_without_the_library_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules is how Python marks a module that cannot be imported.
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", None)
    with pytest.raises(InputError, match=r"pip install 'likeness-live\[audio\]'"):
        open_audio("microphone", offline=False)


def test_a_name_that_no_device_has_is_told_with_those_there_are() -> None:
    pytest.importorskip("sounddevice", reason="sounddevice is not installed", exc_type=(ImportError, OSError))
    with pytest.raises(InputError, match="no input device"):
        audio.open_device("no such thing", lambda block: None, False)
