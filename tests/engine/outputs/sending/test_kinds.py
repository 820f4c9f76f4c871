"""The outputs that are sent, at the boundary of their libraries: small stand-ins with the libraries' own API."""

import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.options import QUIET
from likeness.outputs.check_outputs import is_file
from likeness.outputs.open_outputs import open_outputs
from likeness.outputs.sending.kinds import check_sent, is_sent, open_sent
from likeness.picture import Picture

Maker = Callable[..., Picture]
Calls = list[tuple[Any, ...]]


def module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """Put a module in the place of a library, with the packages above it."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        above = ".".join(parts[:end])
        if above not in sys.modules:
            monkeypatch.setitem(sys.modules, above, ModuleType(above))
    made = ModuleType(name)
    for member, value in members.items():
        setattr(made, member, value)
    monkeypatch.setitem(sys.modules, name, made)


def stand_in_for_cyndilib(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    class VideoSendFrame:
        def set_resolution(self, xres: int, yres: int) -> None:
            calls.append(("size", xres, yres))

        def set_fourcc(self, value: str) -> None:
            calls.append(("fourcc", value))

        def set_frame_rate(self, value: object) -> None:
            calls.append(("rate", value))

    class Sender:
        def __init__(self, ndi_name: str, ndi_groups: str = "", clock_video: bool = True) -> None:
            calls.append(("name", ndi_name, clock_video))

        def set_video_frame(self, vf: VideoSendFrame) -> None:
            pass

        def open(self) -> None:
            calls.append(("open",))

        def write_video(self, data: Picture) -> bool:
            calls.append(("picture", data.copy()))
            return True

        def close(self) -> None:
            calls.append(("close",))

    module(monkeypatch, "cyndilib.sender", Sender=Sender)
    module(monkeypatch, "cyndilib.video_frame", VideoSendFrame=VideoSendFrame)
    fourcc = type("FourCC", (), {"RGBA": "RGBA", "RGBX": "RGBX"})
    module(monkeypatch, "cyndilib.wrapper.ndi_structs", FourCC=fourcc)


def stand_in_for_pyvirtualcam(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    class Camera:
        def __init__(self, width: int, height: int, fps: float, *, fmt: str, device: str | None = None) -> None:
            calls.append(("size", width, height))
            calls.append(("name", device))
            calls.append(("fourcc", fmt))

        def send(self, frame: Picture) -> None:
            calls.append(("picture", frame.copy().reshape(-1)))

        def close(self) -> None:
            calls.append(("close",))

    module(monkeypatch, "pyvirtualcam", Camera=Camera, PixelFormat=type("PixelFormat", (), {"RGB": "raw "}))


def stand_in_for_spout(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    class SpoutSender:
        def setSenderName(self, name: str) -> None:  # noqa: N802
            calls.append(("name", name))

        def sendImage(self, pixels: Picture, width: int, height: int, kind: int, invert: bool, fbo: int) -> bool:  # noqa: N802
            calls.append(("size", width, height))
            calls.append(("picture", pixels.copy().reshape(-1)))
            return True

        def releaseSender(self) -> None:  # noqa: N802
            calls.append(("close",))

    module(monkeypatch, "SpoutGL", SpoutSender=SpoutSender, enums=type("enums", (), {"GL_RGBA": 0x1908}))


def stand_in_for_syphon(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    class SyphonMetalServer:
        device = "card"

        def __init__(self, name: str) -> None:
            calls.append(("name", name))

        def publish_frame_texture(self, texture: object, is_flipped: bool = False) -> None:
            calls.append(("publish", is_flipped))

        def stop(self) -> None:
            calls.append(("close",))

    def create(device: str, width: int, height: int) -> str:
        calls.append(("size", width, height))
        return "texture"

    def copy(data: bytes, texture: str) -> None:
        calls.append(("picture", np.frombuffer(data, np.uint8)))

    module(monkeypatch, "syphon", SyphonMetalServer=SyphonMetalServer)
    module(monkeypatch, "syphon.utils.raw", create_mtl_texture=create, copy_bytes_to_mtl_texture=copy)


def with_alpha(picture: Picture) -> Picture:
    return np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])


@pytest.mark.parametrize(
    ("output", "stand_in", "name", "channels"),
    [
        ("ndi:left wall", stand_in_for_cyndilib, "left wall", 4),
        ("camera:/dev/video2", stand_in_for_pyvirtualcam, "/dev/video2", 3),
        ("camera", stand_in_for_pyvirtualcam, None, 3),
        ("spout:left", stand_in_for_spout, "left", 4),
        ("syphon", stand_in_for_syphon, "likeness", 4),
    ],
)
def test_a_program_gets_the_picture_by_the_call_that_its_library_has(
    output: str,
    stand_in: Callable[[pytest.MonkeyPatch, Calls], None],
    name: str | None,
    channels: int,
    monkeypatch: pytest.MonkeyPatch,
    picture: Maker,
) -> None:
    calls: Calls = []
    stand_in(monkeypatch, calls)
    shown = picture(8, 6)
    sent = open_sent(output, 30.0)
    sent.show(shown, 0.0)
    sent.close()
    assert sent.trouble is None
    by_kind = {call[0]: call[1:] for call in calls}
    assert by_kind["name"][0] == name
    assert by_kind["size"] == (8, 6)
    wanted = shown if channels == 3 else with_alpha(shown)
    assert np.array_equal(by_kind["picture"][0], wanted.reshape(-1))
    assert calls[-1] == ("close",)


def test_ndi_is_told_whether_the_pictures_have_alpha(monkeypatch: pytest.MonkeyPatch, picture: Maker) -> None:
    calls: Calls = []
    stand_in_for_cyndilib(monkeypatch, calls)
    for shown in (picture(8, 6), with_alpha(picture(8, 6))):
        sent = open_sent("ndi:faces", 29.97)
        sent.show(shown, 0.0)
        sent.close()
    assert [call[1] for call in calls if call[0] == "fourcc"] == ["RGBX", "RGBA"]


@pytest.mark.parametrize(
    ("output", "library", "extra"),
    [
        ("ndi:faces", "cyndilib.sender", "likeness-live[ndi]"),
        ("camera", "pyvirtualcam", "likeness-live[camera-gpl]"),
        ("spout:faces", "SpoutGL", "likeness-live[spout]"),
        ("syphon:faces", "syphon", "likeness-live[syphon]"),
    ],
)
def test_without_its_library_one_line_says_what_to_install(
    output: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(OutputError) as refused:
        check_sent(output)
    assert extra in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_a_file_and_what_is_sent_is_told_by_the_name() -> None:
    assert [name for name in ("a.mp4", "C:\\out.mp4", "out", "./camera.mp4") if not is_file(name)] == []
    assert [name for name in ("srt://h:1", "ndi:x", "NDI:x", "camera", "camera:1") if not is_sent(name)] == []
    assert not is_file("window")


def test_an_address_that_nothing_sends_to_is_refused_with_those_that_work() -> None:
    with pytest.raises(OutputError, match=r"srt://, rtmp://, rtmps://, udp://, tcp://"):
        check_sent("ftp://host/film.mp4")


def test_a_render_does_not_send() -> None:
    with pytest.raises(OutputError, match="render"):
        open_outputs(
            replace(QUIET, outputs=["udp://127.0.0.1:9"], offline=True), 30.0, None, 1, "", str.lower, lambda: None
        )
