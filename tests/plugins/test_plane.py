"""The plane: StyleGAN3 is moved by what the knobs say, other families are left alone."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from likeness.generators.families.stylegan3 import StyleGAN3Generator
from likeness.host.host import Host
from likeness.stage import PluginParams, Stage


@pytest.fixture
def plugin(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("plane_plugin", root / "plugins" / "plane.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Plugin()


class Plane:
    """Notes how it was moved."""

    info = type("Info", (), {"family": "plane"})

    def __init__(self) -> None:
        self.moves: list[tuple[float, ...]] = []

    def move(self, x: float = 0.0, y: float = 0.0, degrees: float = 0.0) -> None:
        self.moves.append((x, y, degrees))


def test_it_moves_only_when_a_knob_does(plugin: Any) -> None:
    generator, host = Plane(), Host()
    plugin.start(Stage(generator, PluginParams(host.store), torch.device("cpu"), 0))  # type: ignore[arg-type]
    for x in (0.0, 0.5, 0.5, -1.0):
        assert plugin.update({"x": x, "y": 0.25 if x else 0.0, "turn": 90.0 if x else 0.0}) is None
    assert generator.moves == [(0.5, 0.25, 90.0), (-1.0, 0.25, 90.0)]


def test_a_family_without_a_plane_is_left_alone(
    plugin: Any, toy: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        plugin.start(Stage(toy(), PluginParams(Host().store), torch.device("cpu"), 0))
    assert plugin.update({"x": 0.5, "y": 0.0, "turn": 0.0}) is None
    assert "draws from no plane" in caplog.text


def test_stylegan3_has_the_method_that_it_looks_for() -> None:
    assert callable(StyleGAN3Generator.move)
