"""What all tests share: a toy generator whose picture can be worked out by hand."""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores among them; torch and numpy read it when they are imported, here and in programs of tests.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
import torch
from torch import Tensor

from likeness.generator import GeneratorInfo, Licence, NoiseMode

ROOT = Path(__file__).resolve().parent.parent

# Fixtures of a session that are slow to make, or that a machine has once, and the worker group of files that use them.
# The browser's show has MIDI, too: one server of it at a time.
SHARED = {"browser": "midi", "system": "midi", "tiny_composite": "composite"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file on one worker, since they share fixtures, and so those that share a slow one."""
    groups = {
        item.path: SHARED[name]
        for item in items
        if isinstance(item, pytest.Function)
        for name in item.fixturenames
        if name in SHARED
    }
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(groups.get(item.path, str(item.path))))


@pytest.fixture(autouse=True)
def own_log_level() -> Iterator[None]:
    """Take back what a command that ran inside a test has set: the next test counts lines."""
    log = logging.getLogger("likeness")
    level = log.level
    yield
    log.setLevel(level)


class ToyGenerator:
    """Layer k's first three entries are the colour of the k-th horizontal stripe, squashed by tanh."""

    def __init__(self, num_ws: int = 4, w_dim: int = 16, resolution: int = 32) -> None:
        groups = {"coarse": (0, 1), "broad": (1, 2), "middle": (2, 3), "fine": (3, 4)} if num_ws == 4 else {}
        self.info = GeneratorInfo("toy", num_ws, w_dim, resolution, Licence("CC0", True), groups)
        self.mean = torch.zeros(num_ws, w_dim)
        self.directions = torch.eye(w_dim)[:, None, :].repeat(1, num_ws, 1)

    def sample(self, seeds: Sequence[int]) -> Tensor:
        rows = [torch.randn(self.info.w_dim, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        return torch.stack(rows)[:, None, :].repeat(1, self.info.num_ws, 1)

    def map_z(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return z[:, None, :].repeat(1, self.info.num_ws, 1)

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        stripes = torch.tanh(latent[:, :, :3]).transpose(1, 2)
        height = self.info.resolution // self.info.num_ws
        return stripes.repeat_interleave(height, dim=2)[..., None].repeat(1, 1, 1, self.info.resolution)


@pytest.fixture
def toy() -> Callable[..., ToyGenerator]:
    """Return the maker of toy generators."""
    return ToyGenerator


@pytest.fixture
def root() -> Path:
    """Return the repository's root."""
    return ROOT


@pytest.fixture
def faces() -> Path:
    """Return the folder of training pictures beside the repository, or skip."""
    folder = ROOT.parent / "shared" / "faces" / "images"
    if not folder.is_dir():
        pytest.skip("the training pictures are not beside this checkout")
    return folder


@pytest.fixture
def unused_udp_port() -> int:
    """Return a UDP port on the loopback address that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
