"""The plan of a photo's films: how large, how fast, and the seconds of each part."""

from __future__ import annotations

from dataclasses import dataclass

from likeness.lookalike.turn import PhaseSeconds

# A film begins where the visitor's turn shows the photo.
NEWS_SECONDS = PhaseSeconds(attack=0.0, hold=0.0, blend=1.6, photo=1.4, walk=4.0, match=2.4, decay=0.0)
# The drawn face stands between the dissolve and the walk: without it nobody sees that the picture is drawn now.
DRAWN_S = 0.7
LOOP_S, LOOP_STAY = 4.0, 0.2
# Standard deviations, beyond what faces have: at 3 grim people do not laugh yet, from 6 on some become others.
EXTENT = 4.5
CHILD_S, CHILD_STAY = 1.9, 0.4


@dataclass(frozen=True)
class FilmPlan:
    """What films are to be like.

    Args:
        size: width and height in px; the face is square in the middle.
        fps: frames a second.
        pace: of everything; 2 takes half the time.
        extent: how far the loop goes along its direction, in standard deviations; 3 is rare in faces.
        steps: of the search for each latent; 0 leaves the encoder's guess.
        seed: of the children.
    """

    size: tuple[int, int] = (512, 512)
    fps: float = 30.0
    pace: float = 1.0
    extent: float = EXTENT
    steps: int = 0
    seed: int = 0

    @property
    def side(self) -> int:
        """Height and width of the face, in px."""
        return min(self.size)

    def frames(self, seconds: float) -> int:
        """Return how many frames `seconds` at an even pace are, two at the least."""
        return max(round(seconds / self.pace * self.fps), 2)
