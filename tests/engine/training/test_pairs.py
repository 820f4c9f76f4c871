"""Pairs: what is drawn and that the photo lies on both."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.engine.drawn_faces import drawn_face

from likeness.encoders.composite import CompositeEncoder
from likeness.errors import TrainingError
from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.weights_file import read_weights
from likeness.training.pairs import CODES, make_pair, open_pairs, write_pairs

COUNT = 4


def network_of(weights: Path) -> tuple[CompositeNetwork, dict[str, torch.Tensor]]:
    _, tensors = read_weights(weights)
    return CompositeNetwork(tensors, size=64, dtype=torch.float32), tensors


def photos() -> np.ndarray:
    return np.stack([drawn_face(100 + seed)[..., ::-1] for seed in range(COUNT)])


def test_the_drawing_is_that_of_the_code_and_the_photo_lies_on_it_better_than_before(tiny_composite: Path) -> None:
    network, tensors = network_of(tiny_composite)
    encoder = CompositeEncoder(network, tensors)
    gained: list[float] = []
    for photo in photos():
        pair = make_pair(encoder, photo)
        with torch.inference_mode():
            parts = network.layers(torch.from_numpy(pair.code)[None])
            drawn, skin = (x[0].permute(1, 2, 0).numpy() for x in network.draw_with_skin(parts))
        assert np.abs((drawn + 1) * 127.5 - pair.drawn[..., :3]).max() <= 0.51
        assert np.abs(255 * skin - pair.drawn[..., 3:]).max() <= 0.51
        assert pair.photo.shape == photo.shape
        moved, still = (np.abs(x.astype(float) - pair.drawn[..., :3]).mean() for x in (pair.photo, photo))
        gained.append(still - moved)
        assert np.abs(pair.photo.astype(float) - photo).mean() < 20  # the same picture, a few px away
    # One may be a little farther off: what was warped is softer.
    assert min(gained) > -0.4
    assert sum(gained) > 0.5


def test_pairs_are_made_once_and_come_back_from_their_folder(tiny_composite: Path, tmp_path: Path) -> None:
    network, tensors = network_of(tiny_composite)
    reports: list[tuple[str, int, int]] = []
    write_pairs(tmp_path / "pairs", CompositeEncoder(network, tensors), photos(), lambda *what: reports.append(what))
    assert reports[-1] == ("pairs", COUNT, COUNT)
    pairs = open_pairs(tmp_path / "pairs", 64)
    assert len(pairs) == COUNT
    assert pairs.pixels.shape == (COUNT, 64, 64, 7)
    assert pairs.codes.shape == (COUNT, 4, network.w_dim)
    one = make_pair(CompositeEncoder(network, tensors), np.ascontiguousarray(photos()[2]))
    assert np.array_equal(pairs.pixels[2, ..., :4], one.drawn)
    assert np.array_equal(pairs.pixels[2, ..., 4:], one.photo)
    write_pairs(tmp_path / "pairs", CompositeEncoder(network, tensors), photos(), lambda *what: reports.append(what))
    assert len(reports) == COUNT


def test_a_folder_that_holds_no_pairs_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=str(tmp_path)):
        open_pairs(tmp_path, 64)
    (tmp_path / CODES).write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="remove"):
        open_pairs(tmp_path, 64)
