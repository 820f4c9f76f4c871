"""What a visitor's turn looks like: time goes in, weights come out. Nothing here knows of faces."""

from __future__ import annotations

from dataclasses import dataclass, replace

from likeness.easing import ROUNDING, smooth

PHASES = ("attack", "hold", "reveal", "photo", "dissolve", "walk", "meet", "match", "decay")
# A turn without a match has no portrait in it: the visitor's features ride on the show for a while.
SHORT_PHASES = ("attack", "hold", "decay")
# Whoever resembles nobody by then is led back into the show.
PATIENCE_S = 8.0


@dataclass(frozen=True)
class PhaseSeconds:
    """How long each part lasts, in seconds; 0 leaves it out.

    Attributes:
        attack: the visitor's features rise into the show.
        hold: they stay.
        blend: each of the three dissolves: into the photo, out of it, into the match's picture.
        photo: the photo stands.
        walk: from the visitor to the match.
        match: the match's picture stands.
        decay: back into the show.
    """

    attack: float
    hold: float
    blend: float
    photo: float
    walk: float
    match: float
    decay: float

    def of(self, phase: str) -> float:
        """Return the seconds of a phase."""
        return self.blend if phase in ("reveal", "dissolve", "meet") else float(getattr(self, phase))


@dataclass(frozen=True)
class Mix:
    """What is shown, each in [0, 1].

    Attributes:
        present: how much of the visitor, or of the match, enters the layers that are let in.
        whole: how far all other layers are let in too.
        photo: how much of the picture is the visitor's photo.
        along: where between the visitor, 0, and the match, 1.
        match: how much of the picture is the match's.
    """

    present: float = 0.0
    whole: float = 0.0
    photo: float = 0.0
    along: float = 0.0
    match: float = 0.0


NOBODY = Mix()


class Turn:
    """One visitor's turn.

    Its place is a phase and how far it has come in it: a length that is turned changes the pace and never the place.

    Args:
        short: whether the visitor only rides on the show, without photo and match.
    """

    def __init__(self, *, short: bool = False) -> None:
        self._phases = SHORT_PHASES if short else PHASES
        self._index, self._along = 0, 0.0
        self._waited = 0.0
        self._left: Mix | None = None
        self.weights = NOBODY

    @property
    def phase(self) -> str:
        """Return the phase under way, "" when the turn is over."""
        return self._phases[self._index] if self._index < len(self._phases) else ""

    @property
    def over(self) -> bool:
        """Return whether the turn is over."""
        return self._index >= len(self._phases)

    def end(self) -> None:
        """Lead back into the show from wherever it stands."""
        if not self.over and self.phase != "decay":
            self._left = self.weights
            self._index, self._along = len(self._phases) - 1, 0.0

    def advance(self, dt: float, lengths: PhaseSeconds, *, matched: bool) -> Mix:
        """Go on by `dt` seconds and return the weights.

        Args:
            dt: seconds since the frame before.
            lengths: of the phases.
            matched: whether there is a match to walk to; without one the visitor's drawing waits for it.
        """
        while not self.over:
            seconds = lengths.of(self.phase)
            left_s = (1.0 - self._along) * seconds
            if dt + ROUNDING < left_s:
                self._along += dt / seconds
                break
            if self.phase == "dissolve" and not matched:
                self._along, self._waited = 1.0, self._waited + dt - left_s
                if self._waited >= PATIENCE_S:
                    self.weights = self._now()
                    self.end()
                break
            dt = max(dt - left_s, 0.0)
            self._index, self._along = self._index + 1, 0.0
        self.weights = self._now()
        return self.weights

    def _now(self) -> Mix:
        """The weights at this place."""
        if self.over:
            return NOBODY
        t = smooth(self._along)
        if self.phase == "decay":
            end = self._left or (Mix(1.0) if self._phases is SHORT_PHASES else Mix(1.0, 1.0, 0.0, 1.0, 1.0))
            # Pictures go first: what is left of a photo over a moving face looks like a fault.
            gone = smooth(min(2 * self._along, 1.0))
            return replace(
                end, present=end.present * (1 - t), photo=end.photo * (1 - gone), match=end.match * (1 - gone)
            )
        return {
            "attack": Mix(t),
            "hold": Mix(1.0),
            "reveal": Mix(1.0, t, t),
            "photo": Mix(1.0, 1.0, 1.0),
            "dissolve": Mix(1.0, 1.0, 1.0 - t),
            "walk": Mix(1.0, 1.0, 0.0, t),
            "meet": Mix(1.0, 1.0, 0.0, 1.0, t),
            "match": Mix(1.0, 1.0, 0.0, 1.0, 1.0),
        }[self.phase]
