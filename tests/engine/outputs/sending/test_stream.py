"""Streams, to real receivers on this machine: FFmpeg listens in a process of its own."""

import logging
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.engine.sounds import RATE, write_wav

from likeness.audio.open_audio import open_audio
from likeness.errors import OutputError
from likeness.outputs.sending import stream
from likeness.outputs.sending.kinds import open_sent
from likeness.outputs.sending.sender import SentOutput
from likeness.outputs.sending.stream import check_stream, hide_secrets
from likeness.picture import Picture

Maker = Callable[..., Picture]
Eventually = Callable[[Callable[[], object]], None]

# Prints a line for each picture it receives: seconds, width, height, and the mean of each colour.
RECEIVER = """
import sys, av
with av.open(sys.argv[1], options=dict(pair.split("=") for pair in sys.argv[2:])) as source:
    for frame in source.decode(video=0):
        red, green, blue = frame.to_ndarray(format="rgb24").mean((0, 1))
        print(f"{frame.time:.3f} {frame.width} {frame.height} {red:.0f} {green:.0f} {blue:.0f}", flush=True)
"""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Received:
    def __init__(self, file: Path) -> None:
        self._file = file

    def lines(self) -> list[list[float]]:
        text = self._file.read_text() if self._file.exists() else ""
        return [
            [float(word) for word in line.split()] for line in text.splitlines(keepends=True) if line.endswith("\n")
        ]


@contextmanager
def receiver(file: Path, url: str, *options: str) -> Iterator[Received]:
    with file.open("w") as out:
        process = subprocess.Popen([sys.executable, "-c", RECEIVER, url, *options], stdout=out)
    try:
        yield Received(file)
    finally:
        process.kill()
        process.wait()


def play(output: SentOutput, until: Callable[[], object], picture: Picture, eventually: Eventually) -> None:
    began = time.monotonic()

    def shown() -> object:
        output.show(picture, time.monotonic() - began)
        return until()

    eventually(shown)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a pipe cannot be asked without waiting")
def test_a_relay_is_connected_once_it_says_so_and_not_before(eventually: Eventually) -> None:
    pipe = stream.RelayPipe(
        [sys.executable, "-c", "import sys; sys.stdin.read(1); print(1, flush=True); sys.stdin.read()"], "x"
    )
    pipe.check()
    assert not pipe.connected
    pipe.write(b"packets")
    eventually(lambda: [pipe.check(), pipe.connected][1])
    pipe.close()


@pytest.mark.parametrize(("scheme", "options"), [("rtmp", ["listen=1"]), ("udp", [])])
def test_a_receiver_gets_the_pictures_in_their_size_and_colours_and_at_their_times(
    scheme: str, options: list[str], tmp_path: Path, picture: Maker, eventually: Eventually
) -> None:
    port = free_port(socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM)
    url = f"{scheme}://127.0.0.1:{port}" + ("/live/key" if scheme == "rtmp" else "")
    shown = picture(63, 48)
    shown[:] = (200, 100, 50)
    with receiver(tmp_path / "seen", url, *options) as received:
        output = open_sent(url, 30.0)
        try:
            play(output, lambda: len(received.lines()) >= 12, shown, eventually)
        finally:
            output.close()
        lines = received.lines()
    assert all(line[1:3] == [64, 48] for line in lines), "an odd side gets its last line twice"
    assert all(abs(had - wanted) <= 4 for line in lines for had, wanted in zip(line[3:], (200, 100, 50), strict=True))
    times = [line[0] for line in lines]
    assert all(before < after for before, after in pairwise(times))
    # Who was there from the beginning sees the first picture; who joins later waits for a keyframe.
    assert scheme == "udp" or times[0] == 0.0


# Prints the seconds of sound that have come, and how often the tone crosses zero in each.
LISTENER = """
import sys, av, numpy as np
with av.open(sys.argv[1], options=dict(pair.split("=") for pair in sys.argv[2:])) as source:
    heard = np.zeros(0, np.float32)
    for frame in source.decode(audio=0):
        heard = np.concatenate((heard, frame.to_ndarray()[0]))
        late = heard[4800:]
        if len(late) > 9600:
            rate = (np.diff(np.signbit(late)) != 0).sum() / 2 / len(late) * 48_000
            print(f"{frame.time:.3f} {rate:.1f} {np.abs(late).max():.3f}", flush=True)
"""


def test_a_stream_has_the_sound_of_the_show(
    tmp_path: Path, picture: Maker, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "RECEIVER", LISTENER)
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(30 * RATE) / RATE)
    sound = open_audio(str(write_wav(tmp_path / "tone.wav", tone.astype(np.float32))), offline=True)
    url = f"rtmp://127.0.0.1:{free_port()}/live/key"
    with receiver(tmp_path / "heard", url, "listen=1") as received:
        output = open_sent(url, 30.0, sound)
        try:
            play(output, received.lines, picture(), eventually)
        finally:
            output.close()
            sound.close()
        _, hertz, loudest = received.lines()[0]
    assert hertz == pytest.approx(440, abs=8)
    assert 0.4 < loudest < 0.6


def test_a_receiver_that_goes_and_comes_back_gets_pictures_again_while_the_show_plays_on(
    tmp_path: Path, picture: Maker, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url, shown = f"rtmp://127.0.0.1:{free_port()}/live/secret-key", picture()
    output = open_sent(url, 30.0)
    try:
        play(output, lambda: output.trouble, shown, eventually)
        assert "refused" in str(output.trouble)
        for name in ("first", "second"):
            with receiver(tmp_path / name, url, "listen=1") as received:
                play(output, lambda: len(received.lines()) >= 3, shown, eventually)
            play(output, lambda: output.trouble, shown, eventually)
    finally:
        output.close()
    said = [record.message for record in caplog.records if "it is tried again" in record.message]
    assert said
    assert all(line.startswith("rtmp://127.0.0.1:") for line in said)
    assert not any("secret-key" in record.getMessage() for record in caplog.records)


def test_a_receiver_that_takes_the_connection_and_says_nothing_does_not_stop_the_show(
    picture: Maker, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    monkeypatch.setattr(stream, "STUCK_S", 0.5)
    monkeypatch.setattr(stream, "DRAIN_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        output = open_sent(f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/key", 30.0)
        noise = [picture(256, 256, step) for step in range(2)]
        pauses = []
        for index in range(60):
            before = time.monotonic()
            output.show(noise[index % 2], index / 30)
            pauses.append(time.monotonic() - before)
        output.close()
    # A connection made within this process stopped every thread of it for good.
    assert max(pauses) < 5


def test_srt_goes_by_the_program_ffmpeg_where_pyav_cannot(
    tmp_path: Path, picture: Maker, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    monkeypatch.setattr(stream, "_pyav_has_srt", lambda: False)
    # Stands for ffmpeg: keeps what it was asked, and what came in.
    program = tmp_path / "ffmpeg"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexec cat > {tmp_path}/came\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    output = open_sent("srt://127.0.0.1:9000?passphrase=hidden", 30.0)
    try:
        play(output, lambda: output.sent >= 3, picture(), eventually)
    finally:
        output.close()
    asked = (tmp_path / "asked").read_text().split()
    assert asked[-1] == "srt://127.0.0.1:9000?passphrase=hidden"
    assert asked[asked.index("-c") + 1] == "copy"
    assert (tmp_path / "came").read_bytes().startswith(b"nut/multimedia container")


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="the program ffmpeg is not installed")
def test_srt_reaches_a_listener(tmp_path: Path, picture: Maker, eventually: Eventually) -> None:
    port, ffmpeg = free_port(socket.SOCK_DGRAM), str(shutil.which("ffmpeg"))
    if "srt" not in subprocess.run([ffmpeg, "-protocols"], capture_output=True, text=True, check=True).stdout.split():
        pytest.skip("this ffmpeg has no SRT")
    film = tmp_path / "came.ts"
    listener = subprocess.Popen(
        [ffmpeg, "-loglevel", "error", "-i", f"srt://127.0.0.1:{port}?mode=listener", "-c", "copy", str(film)]
    )
    output = open_sent(f"srt://127.0.0.1:{port}", 30.0)
    try:
        play(output, lambda: film.exists() and film.stat().st_size > 0, picture(), eventually)
    finally:
        output.close()
        listener.kill()
        listener.wait()


def test_without_srt_one_line_says_what_would_help(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stream, "_pyav_has_srt", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match="install the program ffmpeg") as refused:
        check_stream("srt://10.0.0.2:9000?passphrase=hidden")
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", ["udp://", "tcp://host", "udp://host:99999", "rtmp:///live"])
def test_an_address_without_a_host_or_port_is_refused(url: str) -> None:
    with pytest.raises(OutputError, match="host and a port"):
        check_stream(url)


def test_of_an_address_only_scheme_host_and_port_are_said() -> None:
    assert hide_secrets("rtmp://me:pw@live.example:1935/app/KEY?token=1") == "rtmp://live.example:1935"
