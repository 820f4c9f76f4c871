"""Cameras: files in real time, photos one after the other, and what is unplugged comes back."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, pairwise, repeat
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from likeness.errors import InputError
from likeness.events import CameraImage
from likeness.inputs.camera import input as camera
from likeness.inputs.camera import picture_check
from likeness.inputs.camera import source as camera_source
from likeness.inputs.camera.input import CameraInput
from likeness.inputs.camera.live_mark import LiveMark
from likeness.inputs.camera.source import Wait, check_source, open_source
from likeness.options import QUIET
from likeness.outputs.output import MemoryOutput
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.show.camera import CameraStage
from likeness.show.show import Show

DEADLINE_S = 20.0


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def write_video(path: Path, shades: list[int], fps: int = 25, size: tuple[int, int] = (64, 48)) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for shade in shades:
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., CameraInput]]:
    monkeypatch.setattr(camera, "RETRY_S", 0.01)
    monkeypatch.setattr(camera, "LONGEST_RETRY_S", 0.05)
    watching: list[CameraInput] = []

    def start(name: str, **given: object) -> CameraInput:
        watching.append(CameraInput(name, **given))
        watching[-1].start()
        return watching[-1]

    yield start
    for each in watching:
        each.close()
        assert not each.live


class Plug:
    """A camera on a cable: each picture is one shade lighter."""

    def __init__(self) -> None:
        self.plugged, self.opened, self.closed, self.shade = True, 0, 0, 0

    def open(self, name: str) -> "Plug":
        if not self.plugged:
            raise InputError("it does not answer")
        self.opened += 1
        return self

    def read(self, wait: Wait) -> np.ndarray | None:
        wait(0.002)
        if not self.plugged:
            return None
        self.shade += 1
        return np.full((12, 16, 3), self.shade % 256, np.uint8)

    def close(self) -> None:
        self.closed += 1


def test_the_newest_picture_wins_and_each_is_handed_out_once(watch: Callable[..., CameraInput]) -> None:
    plug = Plug()
    watching = watch("0", open_source=plug.open)
    wait(lambda: plug.shade > 10)
    newest = watching.newest()
    assert newest is not None
    assert newest.number > 5
    assert newest.picture[0, 0, 0] == newest.number % 256
    seen = {newest.number}
    for _ in range(2000):
        image = watching.newest()
        if image is not None:
            assert image.number not in seen
            seen.add(image.number)


def test_a_camera_that_is_unplugged_is_found_again(
    watch: Callable[..., CameraInput], caplog: pytest.LogCaptureFixture
) -> None:
    plug = Plug()
    watching = watch("0", open_source=plug.open)
    wait(lambda: watching.live)
    plug.plugged = False
    wait(lambda: not watching.live)
    assert watching.newest() is None, "what it showed last is not held"
    wait(lambda: plug.closed == 1)
    plug.plugged = True
    wait(lambda: watching.live)
    assert plug.opened == 2
    assert sum("no picture any more" in line for line in caplog.messages) == 1
    assert "does not answer" not in caplog.text, "an absence is told once"


def test_a_camera_that_comes_and_goes_is_looked_for_less_and_less_often(
    watch: Callable[..., CameraInput], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "LONGEST_RETRY_S", 0.5)
    plug, opened = Plug(), []

    def once(name: str) -> Plug:
        opened.append(time.monotonic())
        plug.plugged = True
        return plug.open(name)

    watching = watch("0", open_source=once)
    while len(opened) < 6:
        wait(lambda: watching.live)
        closed, plug.plugged = plug.closed, False
        # Not until it is not live: it may be live again before anybody looks.
        wait(lambda closed=closed: plug.closed > closed)  # type: ignore[misc]
    pauses = np.diff(opened)
    assert (pauses > [0.01, 0.02, 0.04, 0.08, 0.16]).all()


def test_a_video_plays_and_begins_again_at_its_end(tmp_path: Path, watch: Callable[..., CameraInput]) -> None:
    watching = watch(str(write_video(tmp_path / "ramp.mp4", list(range(20, 220, 40)), fps=20)))
    seen: list[float] = []

    def begins_again() -> bool:
        image = watching.newest()
        if image is not None:
            seen.append(float(image.picture.mean()))
        return sum(after < before for before, after in pairwise(seen)) == 2

    # By its own clock, which `test_video_file.py` sets; whoever looks late has missed pictures.
    wait(begins_again)
    assert watching.live


def test_dropping_a_picture_does_not_wait_for_a_driver_that_hangs(watch: Callable[..., CameraInput]) -> None:
    hangs, released = threading.Event(), threading.Event()

    class Hanging(Plug):
        def read(self, wait: Wait) -> np.ndarray | None:
            if self.shade:
                hangs.set()
                released.wait(DEADLINE_S)
            return super().read(wait)

    watching = watch("0", open_source=Hanging().open)
    assert hangs.wait(DEADLINE_S)
    try:
        watching.drop_picture()
        assert watching.newest() is None
        assert not released.is_set()
    finally:
        released.set()


def test_a_camera_whose_pictures_are_black_or_frozen_is_told_once_and_again_when_it_is_mended(
    watch: Callable[..., CameraInput], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(picture_check, "BLACK_S", 0.05)
    monkeypatch.setattr(picture_check, "FROZEN_S", 0.05)
    shades = {"now": iter(())}

    class Faulty(Plug):
        def read(self, wait: Wait) -> np.ndarray | None:
            wait(0.002)
            return np.full((12, 16, 3), next(shades["now"]), np.uint8)

    shades["now"] = repeat(0)
    watching = watch("0", open_source=Faulty().open)
    wait(lambda: watching.state().trouble == "black")
    shades["now"] = cycle(range(100, 200))
    wait(lambda: watching.state().trouble == "")
    shades["now"] = repeat(150)
    wait(lambda: watching.state().trouble == "frozen")
    for word in ("are black", "are frozen", "as they should be again"):
        assert sum(word in line for line in caplog.messages) == 1
    assert watching.live


def test_a_folder_is_looked_through_and_what_is_no_photo_left_out(tmp_path: Path) -> None:
    for name, shade in (("a.png", 50), ("c.png", 200)):
        cv2.imwrite(str(tmp_path / name), np.full((40, 50, 3), shade, np.uint8))
    (tmp_path / "b.jpg").write_bytes(b"no photo")
    (tmp_path / "notes.txt").write_text("not looked at")
    source = open_source(str(tmp_path))
    picture = source.read(lambda seconds: None)
    assert picture is not None
    assert (picture == 50).all()
    source._began -= camera_source.PHOTO_S
    picture = source.read(lambda seconds: None)
    assert picture is not None
    assert (picture == 200).all()
    source.close()


def test_a_large_photo_comes_smaller(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((1500, 3000, 3), 50, np.uint8))
    picture = open_source(str(tmp_path / "a.png")).read(lambda seconds: None)
    assert picture is not None
    assert picture.shape == (640, 1280, 3)


@pytest.mark.parametrize("name", ["absent.mp4", "absent folder/", "rtmb://somewhere"])
def test_what_cannot_be_a_source_is_told_before_the_show(name: str) -> None:
    with pytest.raises(InputError, match="there is no camera"):
        check_source(name)


def test_an_empty_folder_and_a_broken_video_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no photo"):
        check_source(str(tmp_path))
    (tmp_path / "broken.mp4").write_bytes(b"no video" * 100)
    with pytest.raises(InputError, match="no video that can be read"):
        open_source(str(tmp_path / "broken.mp4"))


def test_a_streams_password_is_in_no_log(watch: Callable[..., CameraInput], caplog: pytest.LogCaptureFixture) -> None:
    plug = Plug()
    plug.plugged = False
    watching = watch("rtsp://me:secret@10.0.0.9/stream", open_source=plug.open)
    wait(lambda: bool(caplog.messages))
    assert "secret" not in caplog.text + watching.state().name
    assert "rtsp://10.0.0.9:" in caplog.text


def test_pictures_come_to_the_plugins_as_events_and_the_mark_tells_that_the_camera_is_live(tmp_path: Path) -> None:
    video = write_video(tmp_path / "grey.mp4", [90] * 50)
    store, busy = ParamStore(), threading.Event()
    watching = CameraStage(str(video), store, busy.is_set)
    black = np.zeros((240, 320, 3), np.uint8)
    try:
        events: list[CameraImage] = []

        def frame() -> bool:
            watching.advance(0.0, 0.0)
            events.extend(event for event in store.advance(0.02) if isinstance(event, CameraImage))
            return len(events) >= 3

        wait(frame)
        assert [event.number for event in events] == sorted({event.number for event in events})
        marked = watching.mark(black)
        assert watching.mark(black) is marked
        assert marked is not black
        assert not black.any()
        spots = np.argwhere(marked.any(axis=2))
        assert spots[:, 0].max() < 24
        assert spots[:, 1].min() > 320 - 30
        assert watching.counters()["camera"]["picture"] == "64x48"
        busy.set()
        watching.advance(0.0, 0.0)
        assert not [event for event in store.advance(0.02) if isinstance(event, CameraImage)]
    finally:
        watching.close()
    assert watching.mark(black) is black


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("height", [64, 256, 1080])
def test_the_mark_is_seen_on_any_picture_and_small(shade: int, height: int) -> None:
    picture = np.full((height, height, 3), shade, np.uint8)
    changed = np.abs(LiveMark()(picture).astype(int) - shade).max(axis=2)
    assert changed.max() > 90
    share = (changed > 20).mean()
    assert 0.0003 < share < (0.04 if height < 100 else 0.004)


def test_every_output_of_a_show_gets_the_mark_and_the_status_tells_of_the_camera(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((40, 50, 3), 50, np.uint8))
    preset = Preset.model_validate({"show": {"plugins": []}})
    options = replace(QUIET, fps=10, offline=True, camera=str(tmp_path / "wall.png"))
    with Show(preset, options) as show:
        output = MemoryOutput()
        show.loop.outputs.add(output)
        assert show.camera.counters()["camera"]
        wait(lambda: show.camera.counters()["camera"]["pictures"] != 0)
        show.store.set("master.blackout", 1)
        show.store.set("master.fade", 0.0)
        for _ in range(3):
            show.loop.frame()
        dark = output.pictures[-1]
        assert dark[:30, -40:].any()
        dark = dark.copy()
        dark[:30, -40:] = 0
        assert not dark.any()
        assert show.status()["inputs"]["camera"]["picture"] == "50x40"
        assert "wall.png" in show.status()["inputs"]["camera"]["source"]
