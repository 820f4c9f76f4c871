"""Puppet: a face before the camera leads the face that plays, its signals, and nothing of a visitor's photo."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from tests.engine.toolkit.puppet.mesh_points import front_face, held
from torch import Tensor

from likeness import open_generator
from likeness.events import CameraImage, FaceMoves, Forget
from likeness.files.paths import find_weights
from likeness.frame import Frame
from likeness.generator import Generator
from likeness.host.discovery import find_plugins, load_plugin
from likeness.parameters.journal import Posted
from likeness.parameters.store import ParamStore
from likeness.picture import to_levels
from likeness.stage import PluginParams, Privacy, Signals, Stage
from likeness.toolkit.puppet.expression import measure_mesh

FPS = 25
SHAPE = (360, 640)
REST = FaceMoves(measure_mesh(held(front_face()), SHAPE))


class Played:
    """The plugin, frame by frame, on a composite."""

    def __init__(self, root: Path, generator: Generator, *, offline: bool) -> None:
        self.plugin: Any = load_plugin("puppet", find_plugins([root / "plugins"]))
        self.generator, self.store = generator, ParamStore()
        self.values = {param.name: param.default_value for param in self.plugin.declare_params()} | {"smooth": 0.0}
        stage = Stage(generator, PluginParams(self.store), torch.device("cpu"), 3, offline=offline)
        self.signals, self.privacy = Signals(), Privacy()
        self.stage = replace(stage, signals=self.signals, privacy=self.privacy)
        self.plugin.start(self.stage)
        self.latent, self.index = generator.sample([1]) * 0.8, 0

    def frame(self, *events: Any, **values: Any) -> None:
        for event in events:
            self.plugin.handle(event)
        at = self.index / FPS
        frame = Frame(self.index, at, 1 / FPS if self.index else 0.0, 0.0, {}, 0.0, at)
        self.plugin.update(self.values | values, frame)
        self.signals.end_update()
        self.index += 1

    def play(self, event: Any, seconds: float, **values: Any) -> None:
        for _ in range(round(seconds * FPS)):
            self.frame(event, **values)

    def picture(self) -> tuple[Tensor, Tensor]:
        """Return the generator's picture, and what the plugin makes of it."""
        with torch.inference_mode():
            image = self.generator.synthesize(self.latent)
            moved = self.plugin.process_image(image)
        return image, image if moved is None else moved


@pytest.fixture(scope="module")
def composite() -> Generator:
    return open_generator(find_weights("composite-256"))


@pytest.fixture
def played(
    root: Path, composite: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Played]]:
    # Without a face mesh, whatever is on this machine.
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    all_played: list[Played] = []

    def make(generator: Generator = composite, *, offline: bool = True) -> Played:
        all_played.append(Played(root, generator, offline=offline))
        return all_played[-1]

    yield make
    for each in all_played:
        each.plugin.stop(each.stage)


def camera_picture(generator: Generator, degrees: float) -> CameraImage:
    """A face of the generator before a camera, tilted clockwise."""
    with torch.inference_mode():
        levels = to_levels(generator.synthesize(generator.sample([5]) * 0.8))[0].permute(1, 2, 0).numpy()
    turn = cv2.getRotationMatrix2D((128, 128), -degrees, 1.0)
    picture = np.full((256, 400, 3), 120, np.uint8)
    picture[:, 72:328] = cv2.warpAffine(np.ascontiguousarray(levels), turn, (256, 256), borderMode=cv2.BORDER_REPLICATE)
    return CameraImage(picture, 1, 0.0)


def test_a_head_before_the_camera_tilts_the_head_that_plays(
    played: Callable[..., Played], composite: Generator, caplog: pytest.LogCaptureFixture
) -> None:
    show = played()
    assert "it follows the head alone" in caplog.text
    straight, tilted = camera_picture(composite, 0.0), camera_picture(composite, 14.0)
    for index in range(22):
        show.frame(replace(straight, at=index / FPS))
    image, still = show.picture()
    assert (still - image).abs().mean() < 0.01
    for index in range(22, 40):
        show.frame(replace(tilted, at=index / FPS))
    _, moved = show.picture()
    assert show.signals.value("puppet.headRoll") == pytest.approx(0.5 + np.deg2rad(14) / 0.6 / 2, abs=0.06)
    # The eyes' level: a picture that is turned back is nearer to the first one.
    back = cv2.warpAffine(
        to_levels(moved)[0].permute(1, 2, 0).numpy(), cv2.getRotationMatrix2D((128, 226), 14, 1.0), (256, 256)
    )
    first = to_levels(image)[0].permute(1, 2, 0).numpy().astype(float)
    part = np.s_[100:200, 90:166]
    apart = np.abs(back[part] - first[part]).mean()
    assert apart < 0.6 * np.abs(to_levels(moved)[0].permute(1, 2, 0).numpy()[part] - first[part]).mean()


def test_measures_move_the_mouth_and_are_published_as_signals(played: Callable[..., Played]) -> None:
    show = played()
    show.play(REST, 1.0)
    image, still = show.picture()
    assert torch.equal(image, still)
    show.play(FaceMoves(measure_mesh(held(front_face(jaw=1.0)), SHAPE)), 0.4)
    image, moved = show.picture()
    assert (moved - image).abs()[:, :, 190:225, 105:150].max() > 0.3
    assert (moved - image).abs()[:, :, :140].max() < 1e-6
    assert show.signals.value("puppet.jawOpen") == pytest.approx(1.0, abs=0.01)
    assert show.signals.value("puppet.headYaw") == pytest.approx(0.5)
    show.frame(amount=0.0)
    image, still = show.picture()
    assert torch.equal(image, still)


def test_a_head_that_turns_takes_the_maps_of_its_picture_along(played: Callable[..., Played]) -> None:
    show = played()
    show.play(REST, 1.0)
    show.picture()
    row = torch.arange(256.0).expand(1, 1, 256, 256)
    assert show.stage.warping.apply(row) is row
    show.play(FaceMoves(measure_mesh(held(front_face(), yaw=0.3), SHAPE)), 0.4, jaw=0.0)
    image, moved = show.picture()
    assert torch.equal(show.stage.warping.apply(image), moved)
    assert (show.stage.warping.apply(row) - row)[0, 0, 140, 128].abs() > 5


def test_the_pad_takes_a_new_rest_and_forget_drops_the_face(played: Callable[..., Played]) -> None:
    show = played()
    show.play(REST, 1.0)
    smile = FaceMoves(measure_mesh(held(front_face(smile_left=1.0)), SHAPE))
    show.play(smile, 0.4)
    assert show.signals.value("puppet.mouthSmileLeft") > 0.9
    show.frame(smile, neutral=1)
    show.frame(smile)
    assert show.signals.value("puppet.mouthSmileLeft") < 0.01
    show.frame(Forget())
    show.play(Forget(), 2.0)
    image, still = show.picture()
    assert torch.equal(image, still)


def test_nothing_of_a_visitors_photo_is_moved(played: Callable[..., Played]) -> None:
    show = played()
    show.play(REST, 1.0)
    show.play(FaceMoves(measure_mesh(held(front_face(jaw=1.0), yaw=0.3), SHAPE)), 0.4)
    show.picture()
    show.privacy.end_frame()
    # Of a plugin before it in the rack, which shows a photo in this frame.
    show.privacy.mark()
    photo = torch.rand(1, 3, 256, 256)
    assert show.plugin.process_image(photo) is None


def test_live_moves_are_kept_for_a_take_where_that_is_wanted(played: Callable[..., Played]) -> None:
    show = played(offline=False)
    show.store.journal.recording = True
    show.frame()
    # That nobody is there is told once, and not before somebody was.
    for measures in ({}, {"yaw": 0.123456}, {}, {}):
        show.plugin._tell(measures)
    show.frame(keep=False)
    show.plugin._tell({"yaw": 0.2})
    events = show.store.advance(0.0)
    assert [event.measures for event in events if isinstance(event, FaceMoves)] == [{"yaw": 0.1235}, {}, {"yaw": 0.2}]
    kept = [entry.event for entry in show.store.journal.pop() if isinstance(entry, Posted)]
    assert [event.measures for event in kept if isinstance(event, FaceMoves)] == [{"yaw": 0.1235}, {}]


def test_an_address_that_is_none_is_told_once(played: Callable[..., Played], caplog: pytest.LogCaptureFixture) -> None:
    show = played(offline=False)
    for _ in range(3):
        show.frame(send="studio:39539")
    assert caplog.text.count("no address to send to") == 1


def test_a_family_without_a_mouth_stays_still_and_is_led_by_signals(
    played: Callable[..., Played], toy: Callable[..., Generator], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        show = played(toy(4, 16, 32))
    assert "has no mouth that could be moved" in caplog.text
    show.play(REST, 1.0)
    show.play(FaceMoves(measure_mesh(held(front_face(jaw=1.0)), SHAPE)), 0.4)
    image, moved = show.picture()
    assert torch.equal(image, moved)
    assert show.signals.value("puppet.jawOpen") > 0.9
