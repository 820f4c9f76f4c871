"""The three plugins that bend: nothing at rest, smooth off it, layers changed without a cut, errors in words."""

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.reference import stylegan2 as plain
from tests.reference.parity import relative_error
from torch import Tensor

from likeness.errors import LikenessError
from likeness.files.paths import find_weights
from likeness.generator import BendableGenerator, Bends, Licence
from likeness.generators.families.checkpoint import Source
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.families.stylegan2 import open_source
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.params import Choice, Float

CPU, FREE = torch.device("cpu"), Licence("CC0-1.0", True)
DEADLINE_S = 20.0
PLUGINS = ("bend", "bend_composite", "mix_networks")
Maker = Callable[..., Any]


class Bender:
    """A plugin on the stage of a render, where each frame waits for what it needs; `draw` plays one frame."""

    def __init__(self, player: Maker, name: str, generator: BendableGenerator, *, offline: bool = True) -> None:
        self.generator = generator
        self.playing = player(name, generator=generator, fps=24.0)
        self.stage = replace(self.playing.stage, offline=offline)
        self.playing.plugin.start(stage=self.stage)
        self.face = self.playing.base

    def step(self, **values: object) -> Bends | None:
        self.playing.update(**values)
        return self.stage.bending.end_update()

    @torch.inference_mode()
    def draw(self, **values: object) -> Tensor:
        bends = self.step(**values)
        return self.generator.synthesize(self.face) if bends is None else self.generator.draw_bent(self.face, bends)


def stylegan2(seed: int = 0, resolution: int = 32) -> StyleGenerator:
    state = plain.random_state(plain.Shape(resolution=resolution), seed)
    return open_source(Source("stylegan2", "ours", {}, state, FREE), CPU)


def write(path: Path, shape: plain.Shape) -> None:
    state = {name: tensor.clone() for name, tensor in plain.random_state(shape, 1).items()}
    write_weights(path, WeightsHeader("stylegan2", {}, FREE), state)


@pytest.fixture(scope="module")
def composite() -> CompositeGenerator:
    return open_composite(find_weights("composite-256"), CPU, 64)


@pytest.fixture
def generators(composite: CompositeGenerator) -> dict[str, BendableGenerator]:
    return {"bend": stylegan2(), "bend_composite": composite, "mix_networks": stylegan2()}


@pytest.mark.parametrize("name", PLUGINS)
def test_at_rest_nothing_is_asked_of_the_generator(
    name: str, player: Maker, generators: dict[str, BendableGenerator]
) -> None:
    bender = Bender(player, name, generators[name])
    assert [bender.step() for _ in range(10)] == [None] * 10


@pytest.mark.parametrize("name", ["bend", "bend_composite"])
def test_every_fader_bends_all_along_its_range_and_leaves_its_rest_without_a_jump(
    name: str, player: Maker, generators: dict[str, BendableGenerator]
) -> None:
    generator = generators[name]
    beside = {"amount": {"rotate": 60.0}, "share": {"rotate": 60.0}, "first": {"rotate": 60.0, "share": 0.5}}
    for param in player(name, generator=generator).params:
        if not isinstance(param, Float) or param.name in ("depth", "change", "noise_rate"):
            continue
        bender = Bender(player, name, generator)
        rest = param.to_unit(param.default_value)
        start = bender.draw(**beside.get(param.name, {}))
        inward = -1.0 if rest > 0.5 else 1.0
        near = bender.draw(**{param.name: param.from_unit(rest + inward * 1e-3)})
        ends = [bender.draw(**{param.name: param.from_unit(u)}) for u in (0.0, 0.33, 0.67, 1.0)]
        assert all(bool(image.isfinite().all()) for image in ends), param.name
        moved = max(float((image - start).square().mean()) for image in ends) ** 0.5
        assert moved > 1e-3, param.name
        assert float((near - start).square().mean()) ** 0.5 < 0.1 * moved + 1e-6, param.name


def test_a_layer_is_named_or_stands_at_the_depth(player: Maker) -> None:
    for values, layer in (
        ({"layer": "b8.conv0"}, "b8.conv0"),
        ({"depth": 0.0}, "input"),
        ({"depth": 1.0}, "b32.conv1"),
    ):
        bends = Bender(player, "bend", stylegan2()).step(rotate=20.0, **values)
        assert bends is not None
        assert list(bends.operations) == [layer]


def test_another_layer_fades_in_after_the_one_before_has_faded_out(player: Maker) -> None:
    bender = Bender(player, "bend", stylegan2())
    bender.step(rotate=40.0, depth=0.0)
    shown = [bender.step(depth=1.0 if index else 0.0) for index in range(30)]
    names = [tuple(bends.operations) for bends in shown if bends is not None]
    assert names[0] == ("input",)
    assert names[-1] == ("b32.conv1",)
    assert set(names) == {("input",), ("b32.conv1",)}
    latent, last = bender.face, None
    far = (bender.generator.synthesize(latent) - bender.generator.draw_bent(latent, shown[-1])).norm()
    for bends in shown:
        image = bender.generator.draw_bent(latent, bends or Bends())
        # A fade lasts six frames at this rate.
        assert last is None or (image - last).norm() < 0.5 * max(
            far, (last - bender.generator.synthesize(latent)).norm()
        )
        last = image


def test_an_unknown_layer_is_said_in_words_and_the_one_before_goes_on(player: Maker) -> None:
    bender = Bender(player, "bend", stylegan2())
    bender.step(rotate=40.0, layer="b8.conv0")
    said = "there is no layer 'b7'; these weights have input, b4.conv1, b8.conv0"
    # Once, and a render that keeps going plays on.
    with pytest.raises(LikenessError, match=re.escape(said)):
        [bender.step(layer="b7") for _ in range(12)]
    bends = [bender.step(layer="b7") for _ in range(12)][-1]
    assert bends is not None
    assert list(bends.operations) == ["b8.conv0"]


@pytest.mark.parametrize("name", PLUGINS)
def test_a_family_that_cannot_be_bent_is_told_once_and_its_faces_play(
    name: str, player: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    playing = player(name)
    frames = playing.play(0.5)
    assert torch.equal(frames[-1], playing.base[0])
    assert playing.stage.bending.end_update() is None
    assert len([record for record in caplog.records if "the family toy" in record.message]) == 1


def test_a_cluster_bends_its_channels_alone(player: Maker) -> None:
    bender = Bender(player, "bend", stylegan2())
    changed = []
    for cluster in range(1, 6):
        for _ in range(10):
            bends = bender.step(layer="b16.conv1", gain=0.0, cluster=cluster)
        layer = bender.generator.draw_layers(bender.face, ["b16.conv1"])["b16.conv1"]
        assert bends is not None
        bent = bends.operations["b16.conv1"](layer)
        changed.append(((bent != layer).any(dim=(2, 3)) & (bent == 0).all(dim=(2, 3)))[0])
    assert torch.stack(changed).sum(0).max() == 1
    assert torch.stack(changed).any(dim=0).float().mean() > 0.9  # a channel that is all 0 is no other


@pytest.mark.parametrize(
    ("name", "held", "switched"),
    [
        ("bend", {"layer": "b16.conv1", "gain": 0.0, "cluster": 1}, {"cluster": 2}),
        ("bend_composite", {"swap": 1.0, "swapped": "skin and hair"}, {"swapped": "hair and backdrop"}),
    ],
)
def test_a_switch_changes_over_some_frames(
    name: str,
    held: dict[str, object],
    switched: dict[str, object],
    player: Maker,
    generators: dict[str, BendableGenerator],
) -> None:
    bender = Bender(player, name, generators[name])
    images = [bender.draw(**held) for _ in range(20)][-1:] + [bender.draw(**switched) for _ in range(20)]
    steps = [float((b - a).norm()) for a, b in itertools.pairwise(images)]
    assert float((images[-1] - images[0]).norm()) > 1.0
    # Straight over six frames, or out and in over twelve.
    assert max(steps) < 0.4 * sum(steps)
    assert steps[-1] == 0


def test_live_no_frame_waits_until_a_layer_is_prepared(player: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    generator, allowed = stylegan2(), []
    began = time.monotonic()

    def prepare(names: list[str], batch: int) -> None:
        while not allowed and time.monotonic() - began < DEADLINE_S:
            time.sleep(0.01)

    monkeypatch.setattr(generator, "prepare_bends", prepare)
    bender = Bender(player, "bend", generator, offline=False)
    assert [bender.step(rotate=30.0) for _ in range(20)] == [None] * 20
    allowed.append(True)
    while bender.step() is None:
        assert time.monotonic() - began < DEADLINE_S


def test_noise_turns_with_its_rate_and_comes_round(player: Maker) -> None:
    bender = Bender(player, "bend", stylegan2())
    images = [bender.draw(noise=1.0, noise_rate=2.0) for _ in range(25)]  # 24 a second: 12 to a turn
    assert torch.allclose(images[13], images[1], atol=1e-4)
    assert (images[6] - images[0]).abs().max() > 0.05


def test_another_faces_hair_is_worn_over_the_own_shape(player: Maker, composite: CompositeGenerator) -> None:
    bender = Bender(player, "bend_composite", composite)
    with torch.inference_mode():
        bends = bender.step(hair=1.0, faces="5")
        assert bends is not None
        drawn = composite.network.layers(bender.face, bends.operations)
        mean = composite.mean
        other = composite.network.layers(mean + 0.8 * (composite.sample([5]) - mean))  # the player's psi
        own = composite.network.layers(bender.face)
    assert torch.allclose(drawn.hair, other.hair, atol=1e-5)
    assert torch.allclose(drawn.mattes, other.mattes, atol=1e-5)
    assert torch.equal(drawn.skin, own.skin)
    assert torch.equal(drawn.field, own.field)


def test_a_gain_is_a_distance_from_the_mean_face(player: Maker, composite: CompositeGenerator) -> None:
    bender = Bender(player, "bend_composite", composite)
    with torch.inference_mode():
        bends = bender.step(warp=2.0)
        assert bends is not None
        fields = [composite.network.layers(face).field for face in (bender.face, composite.mean[None])]
        bent = composite.network.layers(bender.face, bends.operations).field
    assert torch.allclose(bent, 2 * fields[0] - fields[1], atol=1e-6)


def test_an_outline_grows_and_shrinks_with_its_alpha(player: Maker, composite: CompositeGenerator) -> None:
    bender = Bender(player, "bend_composite", composite)
    areas = []
    for outline in (-0.5, 0.0, 0.5):
        with torch.inference_mode():
            areas.append(float(composite.draw_silhouette(bender.face, bender.step(outline=outline)).mean()))
    assert areas[0] < areas[1] < areas[2]


def test_layers_are_swapped_by_name(player: Maker, composite: CompositeGenerator) -> None:
    bender = Bender(player, "bend_composite", composite)
    swapped = next(param for param in bender.playing.params if param.name == "swapped")
    assert isinstance(swapped, Choice)
    for choice in swapped.choices:
        bends = bender.step(swap=0.5, swapped=choice)
        assert bends is not None
        assert {bends.swaps[0].first, bends.swaps[0].second} <= set(composite.layers)


def test_a_second_network_is_opened_faded_in_and_let_go(player: Maker, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    write(other, plain.Shape())
    bender = Bender(player, "mix_networks", stylegan2())
    alone = bender.draw()
    images = [bender.draw(weights=str(other), coarse=1.0, middle=1.0, fine=1.0) for _ in range(24)]
    assert relative_error(images[-1], stylegan2(1).synthesize(bender.face)) < 1e-4
    steps = [float((b - a).norm()) for a, b in zip([alone, *images], images, strict=False)]
    assert max(steps) < 0.5 * float((images[-1] - alone).norm())
    for _ in range(16):
        bends = bender.step(weights="")
    assert bends is None


def test_weights_that_cannot_be_mixed_are_refused_in_words(player: Maker, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    write(other, plain.Shape(resolution=64))
    bender = Bender(player, "mix_networks", stylegan2())
    with pytest.raises(LikenessError, match="only weights of the same shape can be mixed"):
        bender.step(weights=str(other), coarse=1.0)
    assert [bender.step(weights=str(other), coarse=1.0) for _ in range(5)] == [None] * 5
