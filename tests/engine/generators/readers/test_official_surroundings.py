"""What stands beside a generator in its file is never looked at, and never run; G and bare generators open too."""

import collections
import enum
import functools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.reference import pickles
from tests.reference import stylegan2 as plain
from torch import nn

from likeness.errors import WeightsError
from likeness.generators.readers.open_snapshot import open_snapshot

SMALL = plain.Shape(8, channel_max=4, w_dim=4, z_dim=4)


class Colour(enum.Enum):
    RED = 1


class Bag(dict[str, int]):
    pass


class Row(list[int]):
    pass


def write(path: Path, **extra: Any) -> Path:
    path.write_bytes(pickles.official_pickle(plain.random_state(SMALL), {}, extra=extra))
    return path


def trained_optimiser() -> torch.optim.Optimizer:
    layer = nn.Linear(2, 2)
    optimiser = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    return optimiser


BESIDE = {
    "discriminator": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)),
    "optimiser": trained_optimiser,
    "random state": lambda: (np.random.RandomState(3), np.random.default_rng(4)),
    "objects": lambda: np.array([{"a": 1}, None], dtype=object),
    "words": lambda: np.array(["a", "bc"]),
    "enum": lambda: {Colour.RED: 1, (Colour.RED, 2): 3},
    "own containers": lambda: (Bag(a=1), Row([1, 2]), collections.Counter("ab"), collections.deque([1], 3)),
    "default dict": lambda: collections.defaultdict(list, {"a": [1]}),
    "path and time": lambda: (Path("faces"), __import__("datetime").datetime(2024, 1, 2)),
    "partial": lambda: functools.partial(max, key=len),
    "bound method": lambda: [1].append,
    "complex": lambda: torch.zeros(2, dtype=torch.complex64),
    "float8": lambda: torch.zeros(2, dtype=torch.float8_e4m3fn),
    "sparse": lambda: torch.eye(2).to_sparse(),
    "device and type": lambda: (torch.device("cuda:0"), torch.bfloat16, torch.Size([1])),
    "long number": lambda: 1 << 200,
    "bytes": lambda: {b"key": bytearray(b"value")},
    "slice": lambda: slice(1, 2),
}


@pytest.mark.parametrize("kind", list(BESIDE))
def test_what_stands_beside_the_generator_is_not_judged(kind: str, tmp_path: Path) -> None:
    found = open_snapshot(write(tmp_path / "network.pkl", D=BESIDE[kind](), progress=BESIDE[kind]()))
    assert found is not None
    assert found.family == "stylegan2"


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kind", list(BESIDE))
def test_what_stands_beside_a_state_dict_is_not_judged(kind: str, zipped: bool, tmp_path: Path) -> None:
    state = plain.random_state(SMALL)
    path = tmp_path / "network.pt"
    path.write_bytes(pickles.saved({"optimiser": BESIDE[kind](), "g_ema": state, "after": BESIDE[kind]()}, zipped))
    found = open_snapshot(path)
    assert found is not None
    assert found.family == "stylegan2"
    assert all(torch.equal(found.tensors()[name], state[name]) for name in state)


def test_a_class_that_is_made_while_it_is_read_stays_inert(tmp_path: Path) -> None:
    # What dill writes for a class of a script: a call that makes it, then an instance of what came of the call.
    made = b"cdill._dill\n_create_type\n(X\x04\0\0\0MadetR"
    instance = b"(K\x01K\x02tR}X\x01\0\0\0aK\x03sb"
    data = pickles.official_pickle(plain.random_state(SMALL), {}, protocol=2)
    at = data.index(b"}")  # the outermost dict, still empty
    inserted = b"X\x04\0\0\0dill" + made + instance + b"s"
    (tmp_path / "network.pkl").write_bytes(data[: at + 1] + inserted + data[at + 1 :])
    found = open_snapshot(tmp_path / "network.pkl")
    assert found is not None
    assert found.family == "stylegan2"


@pytest.mark.parametrize("average", ["absent", None])
def test_without_an_average_the_trained_generator_plays_with_a_line_in_the_log(
    average: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pickles.official_names():
        content = {"G": pickles.module_tree(plain.random_state(SMALL), "", {})}
        if average is None:
            content["G_ema"] = None  # type: ignore[assignment]
        (tmp_path / "network.pkl").write_bytes(pickle.dumps(content))
    found = open_snapshot(tmp_path / "network.pkl")
    assert found is not None
    assert found.family == "stylegan2"
    assert "no averaged generator" in caplog.text


@pytest.mark.parametrize("zipped", [None, True, False], ids=["pickle", "zip", "legacy"])
def test_a_bare_generator_opens(zipped: bool | None, tmp_path: Path) -> None:
    state = plain.random_state(SMALL)
    with pickles.official_names():
        tree = pickles.module_tree(state, "", {})
        data = pickle.dumps(tree) if zipped is None else pickles.saved(tree, zipped)
    (tmp_path / "network.pkl").write_bytes(data)
    found = open_snapshot(tmp_path / "network.pkl")
    assert found is not None
    assert found.layout == "StyleGAN2 (official, PyTorch)"
    assert all(torch.equal(found.tensors()[name], state[name]) for name in state)


def test_a_whole_network_of_any_class_opens_by_its_tensors(tmp_path: Path) -> None:
    network = nn.Sequential(
        nn.ConvTranspose2d(4, 6, 4), nn.BatchNorm2d(6), nn.ReLU(), nn.ConvTranspose2d(6, 3, 4, 2, 1)
    )
    for name, content in (("bare.pt", network), ("named.pt", {"epoch": 3, "netG": network})):
        (tmp_path / name).write_bytes(pickles.saved(content))
        found = open_snapshot(tmp_path / name)
        assert found is not None
        tensors = found.tensors()
        assert all(torch.equal(tensors[name], tensor) for name, tensor in network.state_dict().items())


def test_a_fault_inside_the_generator_is_still_said(tmp_path: Path) -> None:
    state = plain.random_state(SMALL)
    with pickles.official_names():
        tree = pickles.module_tree(state, "", {})
        tree.state["_modules"]["mapping"].state["_buffers"]["w_avg"] = torch.eye(2).to_sparse()
        (tmp_path / "network.pkl").write_bytes(pickle.dumps({"G_ema": tree}))
    with pytest.raises(WeightsError, match="w_avg"):
        open_snapshot(tmp_path / "network.pkl")


def test_functions_named_by_their_module_alone_are_no_attack(tmp_path: Path) -> None:
    found = open_snapshot(write(tmp_path / "network.pkl", hooks=[__import__("os").getcwd, __import__("shutil").copy]))
    assert found is not None
