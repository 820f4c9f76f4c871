"""Whom visitors resemble: a generator's own people, or those of a gallery."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from likeness.gallery import Gallery, NewFace
from likeness.gallery.values import to_jpeg
from likeness.guests.lookout import Ask, Outlook
from likeness.guests.seeing import Eyes
from likeness.guests.society import Society
from likeness.places import find_weights


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return Eyes(64)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """In its own process the society computes on one core; here the others get theirs back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_the_population_grows_face_by_face_and_a_member_finds_themselves(tmp_path: Path, eyes: Eyes) -> None:
    outlook = Outlook(find_weights("composite-256"), tmp_path / "none", population=4, seed=5)
    society = Society(outlook, eyes)
    while society.growing:
        society.grow()
    assert len(society._members) >= 3
    known = society._members[1]
    answer = society.match(Ask(7, 1, known.embedding, False))
    assert (answer.era, answer.guest, answer.name) == (7, 1, f"seed {known.seed}")
    assert answer.distance == pytest.approx(0, abs=1e-6)
    assert answer.latent is not None
    assert answer.latent.shape == known.latent.shape
    other = society.match(Ask(7, 1, known.embedding, True))
    farthest = max(float(np.linalg.norm(member.embedding - known.embedding)) for member in society._members)
    assert other.distance == pytest.approx(farthest, abs=1e-6)


def test_a_gallery_goes_before_the_population_and_strange_latents_are_left_alone(tmp_path: Path, eyes: Eyes) -> None:
    weights = find_weights("composite-256")
    one, two = np.zeros(128, np.float32), np.ones(128, np.float32)
    jpeg = to_jpeg(np.full((256, 256, 3), 90, np.uint8))
    with Gallery.open(tmp_path / "gallery", create=True) as gallery:
        gallery.add(
            [
                NewFace("seed 1", one, jpeg, torch.ones(4, 160), weights.stem, 1),
                NewFace("seed 2", two, jpeg, torch.ones(4, 160), "another", 2),
            ]
        )
    society = Society(Outlook(weights, tmp_path / "gallery"), eyes)
    assert not society.growing
    near, far = (society.match(Ask(0, 1, one, farthest)) for farthest in (False, True))
    assert near.name == "seed 1"
    assert near.latent is not None
    assert near.picture is not None
    assert near.picture.shape == (256, 256, 3)
    assert far.name == "seed 2"
    assert far.latent is None
