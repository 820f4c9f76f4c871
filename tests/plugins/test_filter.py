"""The filter on a stage: free of cost at 0, faded, masked, and the same film whatever is left out before."""

import logging
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness import open_generator
from likeness.files.paths import find_weights
from likeness.generator import Licence
from likeness.generators.filter_file import Filter, FilterInfo, write_filter
from likeness.generators.networks.filter_network import FilterNetwork
from likeness.toolkit.filters import REGION_PARTS, region_mask

Maker = Callable[..., Any]


@pytest.fixture
def filters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put two filters into the user's folder: `one` with two styles, and `other`."""
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    for seed, (name, styles) in enumerate({"one": ("a", "b"), "other": ("c",)}.items()):
        torch.manual_seed(seed)
        network = FilterNetwork((4, 4), 0, len(styles))
        with torch.no_grad():
            network.biases[-1].copy_(torch.randn_like(network.biases[-1]))
        info = FilterInfo("style", styles, 64, Licence("CC0"))
        write_filter(tmp_path / "filters" / f"{name}.safetensors", network, info)


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 3, 48, 40, generator=torch.Generator().manual_seed(2)) * 2 - 1


def step(player: Any, image: Tensor, **values: Any) -> Tensor | None:
    """Play one frame; return its picture, None where the plugin leaves it."""
    player.update(**values)
    player.index -= 1
    return player.picture(image)


@pytest.mark.usefixtures("filters")
def test_at_0_no_network_runs_and_the_picture_is_left(
    player: Maker, image: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing = player("filter")
    assert step(playing, image, file="one", amount=1.0) is not None
    monkeypatch.setattr(Filter, "draw", lambda *_: pytest.fail("a network ran"))
    assert step(playing, image, amount=0.0) is None


@pytest.mark.usefixtures("filters")
def test_without_a_name_the_picture_is_left(player: Maker, image: Tensor) -> None:
    playing = player("filter")
    assert step(playing, image, file="one") is not None
    pictures = [step(playing, image, file="", fade=0.0) for _ in range(12)]
    assert pictures[-1] is None
    assert step(player("filter"), image, file="") is None


@pytest.mark.usefixtures("filters")
def test_the_amount_leads_from_the_picture_to_the_filtered_one(player: Maker, image: Tensor) -> None:
    playing = player("filter")
    whole = step(playing, image, file="one:b")
    half = step(playing, image, amount=0.5)
    assert whole is not None
    assert half is not None
    assert torch.allclose(half, (image + whole) / 2, atol=1e-6)
    assert (whole - image).abs().mean() > 0.05


@pytest.mark.usefixtures("filters")
def test_the_crossfade_leads_from_one_filter_to_the_other(player: Maker, image: Tensor) -> None:
    playing = player("filter")
    pictures = [step(playing, image, file="one:a", second="other", crossfade=at) for at in (0.0, 0.25, 1.0)]
    first, between, second = (picture for picture in pictures if picture is not None)
    assert torch.allclose(between, 0.75 * first + 0.25 * second, atol=1e-6)
    bare = step(playing, image, second="", crossfade=0.25, fade=0.0)
    for _ in range(12):
        bare = step(playing, image)
    assert bare is not None
    assert torch.allclose(bare, 0.75 * first + 0.25 * image, atol=1e-6)


@pytest.mark.usefixtures("filters")
def test_a_change_of_file_makes_no_picture_jump(player: Maker, image: Tensor) -> None:
    playing = player("filter", fps=30)
    pictures = [step(playing, image, file="one:a" if number < 5 else "other") for number in range(40)]
    stack = torch.stack([picture for picture in pictures if picture is not None])
    assert len(stack) == 40
    apart = (stack[0] - stack[-1]).abs().mean()
    leaps = (stack[1:] - stack[:-1]).abs().mean((1, 2, 3, 4))
    assert apart > 0.05
    assert leaps.max() < 0.15 * apart
    assert torch.equal(stack[-1], stack[-2])


@pytest.mark.usefixtures("filters")
def test_strokes_boil_as_often_as_is_asked_for(player: Maker, image: Tensor) -> None:
    def count_changes(boil: float) -> int:
        playing = player("filter", fps=24)
        pictures = [step(playing, image, file="one:a", boil=boil) for _ in range(25)]
        return sum(not torch.equal(one, other) for one, other in pairwise(pictures))  # type: ignore[arg-type]  # none is None here

    assert count_changes(0.0) == 0
    assert count_changes(8.0) == 8


@pytest.mark.usefixtures("filters")
def test_a_picture_depends_on_no_picture_before(player: Maker, image: Tensor) -> None:
    shown, skipped = player("filter", fps=30), player("filter", fps=30)
    names = ["one:a"] * 4 + ["other"] * 6
    for number, name in enumerate(names):
        for playing in (shown, skipped):
            playing.update(file=name, mask="whole" if number < 6 else "face")
            playing.index -= 1
        picture = shown.picture(image)
        if number == len(names) - 1:
            assert torch.equal(picture, skipped.picture(image))
        else:
            skipped.index += 1


@pytest.mark.usefixtures("filters")
def test_a_family_without_regions_is_filtered_as_a_whole_and_that_is_said_once(
    player: Maker, image: Tensor, caplog: pytest.LogCaptureFixture
) -> None:
    playing = player("filter")
    whole = step(playing, image, file="one:a", fade=0.0)
    with caplog.at_level(logging.WARNING):
        masked = [step(playing, image, mask="face") for _ in range(3)]
    assert all(torch.equal(picture, whole) for picture in masked)  # type: ignore[arg-type]  # none is None here
    assert [record.message for record in caplog.records] == [
        "filter: the family toy does not say where face and hair are; all is filtered"
    ]


@pytest.mark.usefixtures("filters")
def test_a_show_begins_with_its_mask_and_a_change_of_it_makes_no_jump(player: Maker) -> None:
    generator = open_generator(find_weights("composite-256"))
    with torch.inference_mode():
        image = generator.synthesize(generator.sample([4]) * 0.6)
    playing, other = player("filter", generator=generator, fps=30), player("filter", generator=generator, fps=30)
    pictures = [step(playing, image, file="one:b", mask="face" if frame < 4 else "background") for frame in range(30)]
    stack = torch.stack([picture for picture in pictures if picture is not None])
    assert torch.equal(stack[0], stack[3])
    assert torch.equal(stack[-1], step(other, image, file="one:b", mask="background"))  # type: ignore[arg-type]  # a picture
    leaps = (stack[1:] - stack[:-1]).abs().mean((1, 2, 3, 4))
    assert 0 < leaps.max() < 0.15 * (stack[0] - stack[-1]).abs().mean()


@pytest.mark.usefixtures("filters")
@pytest.mark.parametrize("heads", [1, 2])
def test_a_mask_filters_a_composites_face_and_leaves_its_wall(player: Maker, heads: int) -> None:
    generator = open_generator(find_weights("composite-256"))
    playing = player("filter", generator=generator)
    with torch.inference_mode():
        latent = generator.sample(range(4, 4 + heads)) * 0.6
        image = generator.synthesize(latent)
        wall = generator.draw_silhouette(latent) < 0.01  # type: ignore[attr-defined]  # of a composite
    drawn = {mask: step(playing, image, file="one:b", mask=mask, fade=0.0) for mask in ("face", "background", "hair")}
    changed = {
        mask: (picture - image).abs().mean(1, keepdim=True) for mask, picture in drawn.items() if picture is not None
    }
    middle = (slice(None), slice(None), slice(120, 160), slice(112, 144))
    assert wall.float().mean() > 0.1
    assert changed["face"][wall].max() < 0.03
    assert changed["face"][middle].mean() > 0.05
    assert changed["background"][wall].mean() > 0.05
    assert changed["background"][middle].max() < 0.03
    assert changed["hair"][middle].mean() < 0.2 * changed["face"][middle].mean()


@pytest.mark.usefixtures("filters")
def test_a_mask_goes_where_a_plugin_before_has_moved_the_face(player: Maker) -> None:
    generator = open_generator(find_weights("composite-256"))
    playing = player("filter", generator=generator)
    with torch.inference_mode():
        image = generator.synthesize(generator.sample([4]) * 0.6)
        mask = region_mask(generator.draw_regions(), REGION_PARTS["face"], (256, 256))  # type: ignore[attr-defined]  # of a composite
    whole = step(playing, image, file="one:b", fade=0.0)
    there = step(playing, image, mask="face")
    playing.stage.warping.add(lambda maps: maps.roll(40, dims=3))
    moved = step(playing, image)
    playing.stage.warping.begin_picture()
    back = step(playing, image)
    assert whole is not None
    assert there is not None
    assert moved is not None
    assert back is not None
    assert torch.allclose(moved - image, mask.roll(40, dims=3) * (whole - image), atol=1e-5)
    assert (moved - there).abs().max() > 0.1
    assert torch.equal(there, back)


def test_the_bundled_filter_opens_and_changes_the_picture(player: Maker, image: Tensor) -> None:
    drawn = step(player("filter"), image)
    assert drawn is not None
    assert 0.02 < (drawn - image).abs().mean() < 1.2
