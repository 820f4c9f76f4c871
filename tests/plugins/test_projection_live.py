"""The search as a show: at its own pace live, the same to the bit in a render."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness import open_generator
from likeness.errors import LikenessError
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.picture import to_picture, write_picture

DEADLINE_S = 100.0
PSI = 0.8  # of the player's show
Maker = Callable[..., Any]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    composite = open_generator(Path(__file__).parents[2] / "weights" / "composite-256.safetensors")
    path = tmp_path_factory.mktemp("photo") / "face.png"
    write_picture(path, to_picture(composite.synthesize(0.5 * composite.sample([5]))))
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    decoder = Decoder(6, [8, 6, 4], norm=False, slope=0.2, output="tanh").eval()
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    arguments = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
    write_weights(path, WeightsHeader("dcgan", arguments), decoder.state_dict())
    return path


def playing(player: Maker, weights: Path, *, offline: bool) -> Any:
    found = player("projection_live", generator=open_generator(weights), fps=10)
    found.plugin.start(stage=replace(found.stage, offline=offline))
    return found


@pytest.mark.timeout(300)  # two processes are started, each importing torch
def test_a_render_follows_the_search_at_its_speed_and_repeats_to_the_bit(
    player: Maker, weights: Path, photo: Path
) -> None:
    shows: list[Tensor] = []
    for _ in range(2):
        show = playing(player, weights, offline=True)
        settings = {"photo": str(photo), "steps": 8, "speed": 5.0, "hold": 0.5, "fade": 0.0}
        shows.append(show.play(4.0, **settings))
        found = [latent.clone() for latent in show.plugin._steps]
        changed = PSI * show.update(steps=6)
        show.plugin.stop()
    assert torch.equal(*shows)
    assert len(found) == 9
    # Another search begins at its beginning, wherever the one before stood.
    assert torch.allclose(changed, found[0], atol=1e-6)
    # As the renderer truncates what the plugins leave; the mean is zero.
    frames = PSI * shows[0]
    # Ten frames and five steps a second: every other frame is a step, the others lie half-way.
    assert torch.allclose(frames[0], found[0], atol=1e-6)
    assert torch.allclose(frames[6], found[3], atol=1e-5)
    assert torch.allclose(frames[7], (found[3] + found[4]) / 2, atol=1e-5)
    assert torch.allclose(frames[16:20], found[8].expand(4, -1, -1), atol=1e-5)
    # Held for half a second, then all over again.
    again = [index for index in range(17, 30) if torch.allclose(frames[index], found[0], atol=1e-5)]
    assert again
    assert again[0] - 16 in (5, 6, 7)


@pytest.mark.timeout(300)
def test_live_no_frame_waits_and_the_face_is_found_in_the_end(player: Maker, weights: Path, photo: Path) -> None:
    show = playing(player, weights, offline=False)
    settings = {"photo": str(photo), "steps": 5, "speed": 240.0, "again": False, "fade": 0.0}
    began = time.monotonic()
    longest = 0.0
    show.update(**settings)  # the first picture waits for a photo that was named from the start
    while len(show.plugin._steps) < 6 or show.plugin._position < 5:
        assert time.monotonic() - began < DEADLINE_S
        at = time.thread_time()
        show.update()
        longest = max(longest, time.thread_time() - at)
        time.sleep(0.01)
    assert longest < 0.5
    assert not torch.equal(show.update(), show.base[0])
    frame = show.update(photo="")
    for _ in range(5):
        frame = show.update()
    assert torch.equal(frame, show.base[0])
    show.plugin.stop()


@pytest.mark.parametrize(("name", "said"), [("absent.jpg", "absent.jpg"), ("text.jpg", "no picture")])
def test_what_is_no_photo_is_told_once_and_the_show_goes_on(
    name: str, said: str, player: Maker, weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("no face at all, and no picture")
    show = playing(player, weights, offline=True)
    with pytest.raises(LikenessError, match=said):
        show.update(photo=str(tmp_path / name))
    frames = show.play(0.5, photo=str(tmp_path / name))
    assert torch.equal(frames, show.base.expand(5, -1, -1))


def test_the_fade_that_leaves_a_photo_is_private_to_its_end(player: Maker, weights: Path) -> None:
    show = playing(player, weights, offline=True)
    privacy = show.plugin._stage.privacy
    # As after a search: steps of a photo, and the name that they belong to.
    show.plugin._steps, show.plugin._loader._request = [show.base[0] + 1.0], "photo.png"
    show.plugin._portrait = None
    private = []
    for photo in ("photo.png", *[""] * 11):
        show.update(photo=photo, fade=0.5)
        private.append(privacy.end_frame())
    # One frame of the photo, one until the next name counts, and five of a fade of half a second.
    assert private == [True] * 7 + [False] * 5
