"""Network cameras: a real RTSP server on this machine, its pictures numbered."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from tests.engine.inputs.camera.rtsp_server import FPS, HEIGHT, PASSWORD, WIDTH, RtspServer, encoded_film, number_of

from likeness.errors import InputError
from likeness.inputs.camera import input as camera
from likeness.inputs.camera import stream as camera_stream
from likeness.inputs.camera.input import CameraInput
from likeness.inputs.camera.stream import Stream, without_secrets

DEADLINE_S = 20.0


class Files(SimpleHTTPRequestHandler):
    """A folder on a web server."""

    def log_message(self, *given: object) -> None:
        """Say nothing."""


def wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(scope="module")
def film() -> list[list[bytes]]:
    return encoded_film()


@pytest.fixture
def serve(film: list[list[bytes]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RtspServer]]:
    monkeypatch.setattr(camera, "RETRY_S", 0.02)
    monkeypatch.setattr(camera, "LONGEST_RETRY_S", 0.05)
    servers: list[RtspServer] = []

    def start(**given: object) -> RtspServer:
        servers.append(RtspServer(film, **given))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def watch() -> Iterator[Callable[[str], CameraInput]]:
    watching: list[CameraInput] = []

    def start(name: str) -> CameraInput:
        watching.append(CameraInput(name))
        watching[-1].start()
        return watching[-1]

    yield start
    for each in watching:
        each.close()


def read(stream: Stream) -> np.ndarray:
    picture = stream.read(time.sleep)
    assert picture is not None
    return picture


def behind(server: RtspServer, stream: Stream) -> int:
    """How many newer pictures had been sent when this one came."""
    number = number_of(read(stream))
    return (server.sent - number + 128) % 256 - 128


def test_a_stream_shows_its_pictures_in_the_size_that_is_wanted(serve: Callable[..., RtspServer]) -> None:
    server = serve()
    stream = Stream(server.url(), longest=2 * WIDTH)
    picture = read(stream)
    stream.close()
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    bars = picture.reshape(HEIGHT, 8, -1, 3).mean(axis=(0, 2, 3))
    assert all(abs(shade - 20) < 12 or abs(shade - 235) < 12 for shade in bars)
    smaller = Stream(server.url(), longest=WIDTH // 2)
    assert read(smaller).shape == (HEIGHT // 2, WIDTH // 2, 3)
    smaller.close()


def test_who_reads_slowly_still_gets_the_newest_picture(serve: Callable[..., RtspServer]) -> None:
    server = serve()
    stream = Stream(server.url(), longest=WIDTH)
    late = []
    for _ in range(6):
        # Not a wait for anything: it is the slow reader.
        time.sleep(0.4)
        late.append(behind(server, stream))
    stream.close()
    # Ten pictures come in each pause: read one after the other it would be 27 behind at the third, 54 at the end. A
    # busy machine may stand still while one is counted, so the best of them counts.
    assert min(late[2:]) <= 0.4 * FPS


def test_who_decodes_too_slowly_is_shown_key_frames_until_it_is_caught_up(
    serve: Callable[..., RtspServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_stream, "SHOWN_S", 0.1)
    server = serve()
    stream = Stream(server.url(), longest=WIDTH)
    whole = stream._next

    def slow() -> tuple[object, float, bool]:
        found = whole()
        if found[0] is not None:
            # Twice as long as one picture stands.
            time.sleep(2 / FPS)
        return found

    monkeypatch.setattr(stream, "_next", slow)
    late = []
    while server.sent < 4 * FPS:
        late.append(behind(server, stream))
    stream.close()
    # After 4 s it would be 50 behind, and 37 at the middle of the second half; a key frame comes each second.
    assert np.median(late[len(late) // 2 :]) < FPS
    assert min(late[len(late) // 2 :]) < 10


def test_a_camera_that_goes_is_told_once_and_watched_again_when_it_is_back(
    serve: Callable[..., RtspServer], watch: Callable[[str], CameraInput], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = serve()
    watching = watch(server.url())
    wait(lambda: watching.newest())
    assert watching.live
    server.close()
    wait(lambda: not watching.live)
    assert watching.newest() is None
    again = serve(port=server.port)
    wait(lambda: watching.newest())
    assert watching.live
    assert again.asked.is_set()
    assert sum("the show goes on" in line for line in caplog.messages) == 1
    assert sum(f"{WIDTH} x {HEIGHT} px" in line for line in caplog.messages) == 2


def test_a_camera_that_falls_silent_is_not_waited_for(
    serve: Callable[..., RtspServer], watch: Callable[[str], CameraInput], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ask = serve(), Stream._next
    monkeypatch.setattr(camera_stream, "TIMEOUT_S", 1.0)
    waited = list[tuple[float, float]]()

    def ask_and_note(stream: Stream) -> tuple[object, float, bool]:
        began = time.monotonic()
        try:
            return ask(stream)
        finally:
            waited.append((began, time.monotonic()))

    monkeypatch.setattr(Stream, "_next", ask_and_note)
    watching = watch(server.url())
    wait(lambda: watching.live)
    server.silent = True
    silent_at = time.monotonic()
    wait(lambda: not watching.live)
    # It is waited for once, not twice: what was sent before is there at once.
    assert sum(ended > silent_at and ended - began >= 1.0 for began, ended in waited) == 1
    assert watching.newest() is None


def test_who_takes_the_call_and_says_nothing_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_stream, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(InputError, match=r"does not open: no answer in 0\.3 s"):
            Stream(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/cam", longest=WIDTH)
        assert time.monotonic() - began < 5


def test_a_film_on_a_web_server_is_told_not_to_be_live(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with pytest.raises(InputError, match="no live picture"):
            Stream(f"http://127.0.0.1:{server.server_port}/film.mp4", longest=WIDTH)
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "login", "why"),
    [
        ("/cam", "me:wrong%4D11", "401 Unauthorized"),
        ("/cam?user=me&password=wrong%4D11", "", "401 Unauthorized"),
        ("/wrong%4D11", f"me:{PASSWORD}", "404 Not Found"),
    ],
)
def test_why_a_stream_does_not_open_is_told_without_what_logs_in(
    serve: Callable[..., RtspServer],
    watch: Callable[[str], CameraInput],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    path: str,
    login: str,
    why: str,
) -> None:
    server = serve(password=PASSWORD)
    watching = watch(server.url(path, login))
    wait(lambda: caplog.messages)
    assert why in caplog.text
    said = caplog.text + repr(watching.state()) + "".join(capfd.readouterr())
    assert f"rtsp://127.0.0.1:{server.port}:" in said
    assert "wrong" not in said
    assert PASSWORD not in said


def test_the_right_password_opens(serve: Callable[..., RtspServer]) -> None:
    stream = Stream(serve(password=PASSWORD).url(login=f"me:{PASSWORD}"), longest=WIDTH)
    assert read(stream).any()
    stream.close()


def test_a_closed_port_is_told_without_the_password(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(InputError, match="Connection refused") as refused:
        Stream(f"rtsp://me:{PASSWORD}@127.0.0.1:{port}/cam", longest=WIDTH)
    said = str(refused.value) + "".join(capfd.readouterr())
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("rtsp://10.0.0.9/stream", "rtsp://10.0.0.9"),
        ("rtsp://me:secret@10.0.0.9:554/stream?channel=1", "rtsp://10.0.0.9:554"),
        ("rtsp://me:se/cr@et@10.0.0.9/stream", "rtsp://10.0.0.9"),
        ("rtsp://10.0.0.9:554/user=me&password=secret&channel=1", "rtsp://10.0.0.9:554"),
        ("srt://10.0.0.9:9000?passphrase=secret", "srt://10.0.0.9:9000"),
        ("rtps://me:secret@10.0.0.9/stream", "rtps://10.0.0.9"),
        ("me:secret@10.0.0.9", "10.0.0.9"),
        ("absent.mp4", "absent.mp4"),
    ],
)
def test_of_an_address_only_the_host_is_said(address: str, said: str) -> None:
    assert without_secrets(address) == said
