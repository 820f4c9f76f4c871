"""Speak: the mouth of a composite's picture follows the show's sound, and nothing else of the picture does."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.engine.sounds import sine, write_wav
from torch import Tensor

from likeness import open_generator
from likeness.audio.file import AudioFile
from likeness.audio.listening import Listening
from likeness.files.paths import find_weights
from likeness.frame import Frame
from likeness.generator import Generator
from likeness.host.discovery import find_plugins, load_plugin
from likeness.parameters.store import ParamStore
from likeness.stage import PluginParams, Privacy, Stage

FPS = 25
STILL = {"blink": 0.0, "breath": 0.0, "drift": 0.0}


@pytest.fixture(scope="module")
def composite() -> Generator:
    return open_generator(find_weights("composite-256"))


@pytest.fixture
def vowel(tmp_path: Path) -> Path:
    tone = sum(sine(120 * n, 0.3 / (1 + abs(n - 6)), 0.6) for n in range(1, 30))
    quiet = np.zeros(24_000, np.float32)
    return write_wav(tmp_path / "a.wav", np.concatenate((quiet, np.asarray(tone, np.float32), quiet)))


@pytest.fixture
def played(root: Path, composite: Generator) -> Iterator[Callable[..., list[Tensor]]]:
    """Return what plays a file's first seconds, frame by frame, and gives the pictures at some of them."""
    opened: list[AudioFile] = []

    def play(path: Path | None, frames: list[int], generator: Generator = composite, **values: float) -> list[Tensor]:
        plugin: Any = load_plugin("speak", find_plugins([root / "plugins"]))
        listening = Listening()
        if path is not None:
            opened.append(AudioFile(path))
            listening.connect(opened[-1])
        stage = Stage(generator, PluginParams(ParamStore()), torch.device("cpu"), 3)
        plugin.start(replace(stage, sound=listening))
        params = {param.name: param.default_value for param in plugin.declare_params()} | STILL | values
        latent, pictures = generator.sample([1]) * 0.8, []
        with torch.inference_mode():
            for index in range(max(frames) + 1):
                at = index / FPS
                moved = plugin.update(latent, params, Frame(index, at, 1 / FPS if index else 0.0, 0.0, {}, 0.0, at))
                if index in frames:
                    image = generator.synthesize(latent if moved is None else moved)
                    drawn = plugin.process_image(image)
                    pictures.append(image if drawn is None else drawn)
        return pictures

    yield play
    for each in opened:
        each.close()


def test_a_vowel_opens_the_mouth_and_nothing_above_it_moves(played: Callable[..., list[Tensor]], vowel: Path) -> None:
    quiet, said = played(vowel, [5, 22])
    changed = (said - quiet).abs().amax((0, 1))
    assert changed[180:230, 105:150].max() > 0.3
    assert changed[:140].max() < 1e-6
    assert torch.equal(said, played(vowel, [22])[0])


def test_an_amount_of_nothing_is_the_generators_own_picture(
    played: Callable[..., list[Tensor]], vowel: Path, composite: Generator
) -> None:
    (still,) = played(vowel, [22], amount=0.0)
    with torch.inference_mode():
        assert torch.equal(still, composite.synthesize(composite.sample([1]) * 0.8))


def test_it_blinks_and_stirs_without_any_sound(played: Callable[..., list[Tensor]]) -> None:
    frames = list(range(50))
    eyes = torch.cat(played(None, frames, blink=60.0))[:, :, 105:135, 75:180]
    apart = (eyes - eyes[0]).abs().mean((1, 2, 3))
    assert apart.max() > 0.05
    assert apart.min() < 1e-6
    first, last = played(None, [0, 49], drift=2.0)
    assert (first - last).abs().mean() > 0.005


def test_nothing_of_a_visitors_photo_is_moved(
    played: Callable[..., list[Tensor]], vowel: Path, monkeypatch: pytest.MonkeyPatch, composite: Generator
) -> None:
    # A plugin before it in the rack has laid a photo over the picture, as its mark says.
    monkeypatch.setattr(Privacy, "__init__", lambda self: setattr(self, "marked", True))
    (said,) = played(vowel, [22])
    with torch.inference_mode():
        assert torch.equal(said, composite.synthesize(composite.sample([1]) * 0.8))


def test_a_show_without_sound_is_told_how_to_hear(
    played: Callable[..., list[Tensor]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        played(None, [2])
    assert caplog.text.count("give it --audio") == 1


def test_a_family_without_a_mouth_stays_silent_and_says_so(
    played: Callable[..., list[Tensor]], vowel: Path, toy: Callable[..., Generator], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        quiet, said = played(vowel, [5, 22], generator=toy(4, 16, 32))
    assert torch.equal(quiet, said)
    assert "has no mouth that could be moved" in caplog.text
