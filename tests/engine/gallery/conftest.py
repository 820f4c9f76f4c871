"""Made-up faces, and galleries of them."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from likeness.gallery import Gallery, NewFace
from likeness.gallery.face_types import to_jpeg

Maker = Callable[..., NewFace]


def made_up(number: int, **values: object) -> NewFace:
    """Return a face whose every part follows from `number`: a real person's, with consent."""
    dice = np.random.default_rng(number)
    picture = dice.integers(0, 256, (256, 256, 3), np.uint8)
    whole: dict[str, object] = {
        "name": f"face {number}",
        "embedding": dice.normal(0, 0.1, 128).astype(np.float32),
        "jpeg": to_jpeg(picture),
        "latent": torch.from_numpy(dice.normal(0, 1, (4, 16)).astype(np.float32)),
        "weights": "toy",
        "consent": f"agreed, form {number}",
        "photo": hashlib.sha256(str(number).encode()).hexdigest(),
    }
    return NewFace(**(whole | values))  # type: ignore[arg-type]


@pytest.fixture
def new_face() -> Maker:
    """Return the maker of faces: `new_face(7, name="anna")`."""
    return made_up


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Return an empty gallery."""
    with Gallery.open(tmp_path / "gallery", create=True) as opened:
        yield opened
