"""A visitor's turn on the stage: its phases, and how the picture is mixed in each."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from likeness.easing import ROUNDING, smooth

PHASES = ("attack", "hold", "reveal", "photo", "dissolve", "walk", "meet", "match", "decay")
# A turn without a match has no portrait in it: the visitor's features ride on the show for a while.
SHORT_PHASES = ("attack", "hold", "decay")
# A visitor without a match by then goes back into the show.
PATIENCE_S = 8.0


@dataclass(frozen=True)
class PhaseSeconds:
    """How long each phase lasts, in seconds; 0 skips it.

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

    def fit(self, seconds: float, *, short: bool) -> PhaseSeconds:
        """Return phases of the same proportions that take so many seconds in all; hold alone where they are 0."""
        whole = sum(self.of(phase) for phase in (SHORT_PHASES if short else PHASES))
        if whole <= 0:
            return replace(self, hold=seconds)
        return PhaseSeconds(*(getattr(self, each.name) * seconds / whole for each in fields(self)))


@dataclass(frozen=True)
class Mix:
    """What is mixed into the picture, each in [0, 1].

    Attributes:
        present: how much of the visitor, or of the match, enters the layers that are turned up.
        whole: how far all other layers are turned up too.
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
    """One visitor's turn. The render thread calls it; it knows nothing of faces.

    Its position is a phase and how far that has got: changing a phase's seconds changes the pace, never the position.

    Args:
        short: whether the visitor only rides on the show, without photo and match.

    Attributes:
        mix: of the last `advance`.
        short: as given.
    """

    def __init__(self, *, short: bool = False) -> None:
        self._phases = SHORT_PHASES if short else PHASES
        self._index, self._along = 0, 0.0
        self._waited = 0.0
        self._left: Mix | None = None
        self.short, self.mix = short, NOBODY

    @property
    def phase(self) -> str:
        """The current phase; "" when the turn is over."""
        return self._phases[self._index] if self._index < len(self._phases) else ""

    @property
    def over(self) -> bool:
        """Whether the turn is over."""
        return self._index >= len(self._phases)

    def end(self) -> None:
        """Go back into the show from wherever the turn is."""
        if not self.over and self.phase != "decay":
            self._left = self.mix
            self._index, self._along = len(self._phases) - 1, 0.0

    def advance(self, dt: float, seconds: PhaseSeconds, *, matched: bool) -> Mix:
        """Advance by `dt` seconds and return the mix.

        Args:
            dt: seconds since the frame before.
            seconds: of the phases.
            matched: whether there is a match to walk to; without one, the turn waits before the walk.
        """
        while not self.over:
            phase_s = seconds.of(self.phase)
            left_s = (1.0 - self._along) * phase_s
            if dt + ROUNDING < left_s:
                self._along += dt / phase_s
                break
            if self.phase == "dissolve" and not matched:
                self._along, self._waited = 1.0, self._waited + dt - left_s
                if self._waited >= PATIENCE_S:
                    self.mix = self._mix_now()
                    self.end()
                break
            dt = max(dt - left_s, 0.0)
            self._index, self._along = self._index + 1, 0.0
        self.mix = self._mix_now()
        return self.mix

    def _mix_now(self) -> Mix:
        """Return the mix at this position."""
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
