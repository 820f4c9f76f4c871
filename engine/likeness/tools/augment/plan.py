"""The plan by which faces are moved, and its defaults; without torch, for `--help`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Detail = Literal["photo", "drawing"]

# How far each direction is moved to either side where nothing is said, in standard deviations.
RANGES: Mapping[str, float] = {"light": 2.0, "turn": 2.0, "smile": 2.0, "age": 0.7}
# Dlib's distance within which a face is taken for the same person. See docs/augmenting.md for how it was chosen.
WITHIN = 0.4


@dataclass(frozen=True)
class MovePlan:
    """How faces are moved.

    Args:
        ranges: how far each direction is moved to either side at most, in standard deviations.
        count: new pictures of each.
        steps: of the search from the encoder's guess; 0 takes the guess as it is.
        within: the embeddings' distance in which the person counts as held.
        detail: "photo" moves the photo itself as the drawing moves; "drawing" takes the drawing.
        aligned: the photos are cut square around the face already.
    """

    ranges: Mapping[str, float]
    count: int = 8
    steps: int = 100
    within: float = WITHIN
    detail: Detail = "photo"
    aligned: bool = False
