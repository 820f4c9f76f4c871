"""Filters by name: what a performer types, how one fades into the next, and which part of a picture is meant."""

import logging
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.frame import Frame
from likeness.generator import Licence
from likeness.generators.filter_file import FilterInfo, write_filter
from likeness.generators.networks.filter_network import FilterNetwork
from likeness.toolkit.filters import REGION_PARTS, FilterLayer, NamedFilter, OpenFilters, join_layers, region_mask

CPU = torch.device("cpu")
LOG = logging.getLogger("test")
FPS = 10.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's folder of filters, with two in it."""
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    for seed, (name, styles) in enumerate({"prints": ("oil", "ink"), "chalk": ("chalk",)}.items()):
        torch.manual_seed(seed)
        network = FilterNetwork((4, 4), 0, len(styles))
        write_filter(
            tmp_path / "filters" / f"{name}.safetensors", network, FilterInfo("style", styles, 64, Licence("CC0"))
        )
    return tmp_path / "filters"


def play(named: NamedFilter, names: list[str], fade_s: float = 0.5, follow: bool = False) -> list[list[FilterLayer]]:
    """Return the layers of frames, a tenth of a second each, that ask for these names."""
    frames = (Frame(i, i / FPS, 1 / FPS if i else 0.0, 0.0, {}) for i in range(len(names)))
    return [named.step(name, 0.0, frame, fade_s, follow) for name, frame in zip(names, frames, strict=True)]


def test_a_name_a_path_and_a_run_mean_a_filter_and_a_colon_one_of_its_styles(folder: Path, tmp_path: Path) -> None:
    opened = OpenFilters(CPU)
    run = tmp_path / "run"
    run.mkdir()
    (run / "weights.safetensors").write_bytes((folder / "chalk.safetensors").read_bytes())
    assert opened.open("").filter is None
    assert opened.open("prints:ink").layer(1.0, 0.0).shares == (0.0, 1.0)
    assert opened.open("prints").layer(1.0, 0.25).shares == (0.75, 0.25)
    assert opened.open(f"{folder / 'prints.safetensors'}:ink").style == "ink"
    assert opened.open(str(run)).layer(1.0, 0.5).shares == (1.0,)
    assert opened.open("prints").filter is opened.open("prints:ink").filter
    for wrong, message in {"print": "nearest: prints", "prints:inc": "nearest: ink", ":ink": "no filter ''"}.items():
        with pytest.raises(WeightsError, match=message):
            opened.open(wrong)


def test_a_file_whose_path_has_a_colon_is_still_found(folder: Path) -> None:
    odd = folder / "a:b.safetensors"
    odd.write_bytes((folder / "chalk.safetensors").read_bytes())
    assert OpenFilters(CPU).open(str(odd)).filter is not None


def test_a_new_name_fades_in_and_two_networks_at_most_run(folder: Path) -> None:
    named = NamedFilter(OpenFilters(CPU), LOG)
    frames = play(named, ["prints"] * 3 + ["chalk"] * 3 + [""] * 12)
    assert [layer.weight for layer in frames[0]] == [1.0]
    assert max(len(layers) for layers in frames) == 2
    for layers in frames:
        assert sum(layer.weight for layer in layers) == pytest.approx(1.0)
    ways = {}
    for layers in frames:
        for layer in layers:
            ways.setdefault(id(layer.filter), []).append(layer.weight)
    for weights in ways.values():
        steps = [abs(b - a) for a, b in pairwise(weights)]
        assert max(steps) < 0.35
    # The empty name was typed in the middle of the fade, and is what plays in the end.
    assert [(layer.weight, layer.filter) for layer in frames[-1]] == [(1.0, None)]


def test_what_cannot_be_opened_is_told_once_and_the_filter_before_goes_on(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    named = NamedFilter(OpenFilters(CPU), LOG)
    before = play(named, ["prints:ink"])[0]
    (folder / "torn.safetensors").write_bytes(b"torn")
    after = [named.step("torn", 0.0, Frame(i, i / FPS, 1 / FPS, 0.0, {}), 0.5, False) for i in range(1, 12)]
    assert all(layers == before for layers in after)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "torn.safetensors" in caplog.text


@pytest.mark.parametrize("typed", ["prints", "prints:ink", "{file}"])
def test_a_followed_file_is_opened_anew_when_it_changes(folder: Path, typed: str) -> None:
    file = folder / "prints.safetensors"
    name = typed.format(file=file)
    named = NamedFilter(OpenFilters(CPU), LOG)
    first = play(named, [name], follow=True)[0][0].filter
    torch.manual_seed(9)
    write_filter(file, FilterNetwork((4, 8), 0, 2), FilterInfo("style", ("oil", "ink"), 64, Licence("CC0")))
    later = [named.step(name, 0.0, Frame(i, i / FPS, 0.1, 0.0, {}), 0.2, True) for i in range(10, 40)]
    assert first is not None
    assert [layer.filter is first for layer in later[-1]] == [False]


def test_a_crossfade_within_one_file_is_one_network_with_a_style_between(folder: Path) -> None:
    opened = OpenFilters(CPU)
    oil, ink, chalk = (opened.open(name).layer(1.0, 0.0) for name in ("prints:oil", "prints:ink", "chalk"))
    (joined,) = join_layers([oil], [ink], 0.25)
    assert joined.shares == pytest.approx((0.75, 0.25))
    assert joined.weight == pytest.approx(1.0)
    assert join_layers([oil], [chalk], 0.0) == [oil]
    assert join_layers([oil], [chalk], 1.0) == [chalk]
    assert [layer.weight for layer in join_layers([oil], [chalk], 0.3)] == pytest.approx([0.7, 0.3])


def test_regions_share_a_picture_without_gap_and_overlap() -> None:
    person = torch.rand(1, 1, 8, 8)
    regions = torch.cat([person * torch.rand(1, 1, 8, 8), person], 1)
    masks = {name: region_mask(regions, REGION_PARTS[name], (8, 8)) for name in REGION_PARTS}
    assert torch.allclose(masks["face"], regions[:, :1], atol=1e-6)
    assert torch.allclose(masks["person"], regions[:, 1:], atol=1e-6)
    assert torch.allclose(masks["face"] + masks["hair"] + masks["background"], torch.ones(1, 1, 8, 8), atol=1e-6)
    assert torch.allclose(masks["whole"], torch.ones(1, 1, 8, 8), atol=1e-6)
    assert region_mask(regions, REGION_PARTS["hair"], (16, 24)).shape == (1, 1, 16, 24)
