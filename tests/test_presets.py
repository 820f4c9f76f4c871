"""The bundled presets: complete, and doing what their titles say."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from likeness import master
from likeness.frame import Frame
from likeness.generator import Generator
from likeness.host.discovery import find_plugins, load_plugin
from likeness.host.host import Host
from likeness.parameters.presets import Preset, read_preset
from likeness.show import loop
from likeness.stage import PluginParams, Stage

PRESETS = sorted((Path(__file__).resolve().parent.parent / "presets").glob("*.toml"))


def rack(preset: Preset, root: Path) -> tuple[Host, list[str]]:
    """Return the preset's plugins at its values, and what the store refused."""
    host = Host()
    host.store.declare("master", master.PARAMS)
    host.store.declare("show", loop.PARAMS)
    files = find_plugins([root / "plugins"])
    for name in preset.show.plugins:
        host.add(name, load_plugin(name, files))
    refused = host.store.recall(preset.flat_values())
    host.store.finish_glides()
    return host, refused


def play(host: Host, generator: Generator, seconds: float, fps: int) -> Tensor:
    """Return the latents of so many seconds, and of one frame more."""
    stage = Stage(generator, PluginParams(host.store), torch.device("cpu"), 0)
    host.start(stage)
    base, latents = generator.sample([0]), []
    for index in range(round(seconds * fps) + 1):
        frame = Frame(index, index / fps, 1 / fps if index else 0.0, 2 * index / fps, host.store.snapshot)
        latents.append(host.update(base, frame)[0])
    return torch.stack(latents)


def test_the_three_presets_are_there() -> None:
    assert {path.stem for path in PRESETS} >= {"demo", "installation", "hands-on"}


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_every_value_and_binding_of_a_preset_is_taken(path: Path, root: Path) -> None:
    preset = read_preset(path)
    host, refused = rack(preset, root)
    assert refused == []
    assert preset.title
    assert [entry.param for entry in preset.midi if entry.param not in host.store] == []
    assert "sharpen" not in preset.show.plugins[:-1]
    wanted = preset.flat_values()
    assert {address: host.store.target(address) for address in wanted} == wanted


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_no_plugin_of_a_preset_fails_while_it_plays(path: Path, root: Path, toy: Callable[..., Generator]) -> None:
    host, _ = rack(read_preset(path), root)
    latents = play(host, toy(), 5.0, 30)
    assert bool(latents.isfinite().all())
    assert [slot.name for slot in host.rack if slot.strikes or host.store.snapshot[slot.name]["bypass"]] == []


def test_the_installation_is_back_at_its_first_frame_after_its_loop(root: Path, toy: Callable[..., Generator]) -> None:
    preset = read_preset(root / "presets" / "installation.toml")
    loop_s = preset.values["random_walk"]["loop_s"]
    assert isinstance(loop_s, float)
    latents = play(rack(preset, root)[0], toy(), loop_s, 60)
    assert torch.allclose(latents[0], latents[-1], atol=2e-6)
    assert (latents[60:-60] - latents[0]).flatten(1).norm(dim=1).min() > 1.0


def test_the_demo_moves_within_its_first_second(root: Path, toy: Callable[..., Generator]) -> None:
    latents = play(rack(read_preset(root / "presets" / "demo.toml"), root)[0], toy(), 1.0, 30)
    assert (latents[-1] - latents[0]).norm() > 1.0


def test_hands_on_stands_still_until_somebody_plays(root: Path, toy: Callable[..., Generator]) -> None:
    host, _ = rack(read_preset(root / "presets" / "hands-on.toml"), root)
    latents = play(host, toy(), 3.0, 30)
    assert (latents - latents[0]).abs().max() < 1e-6
