"""The master: freeze, blackout and brightness of finished pictures, whatever failed before it."""

import math
import time
from collections.abc import Callable, Mapping

from likeness.events import Panic
from likeness.frame import Values
from likeness.parameters.journal import Journal
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Float, Trigger, is_press
from likeness.picture import KeptPicture, Picture, dim

PARAMS = (
    Bool("blackout", help="Fade to black, and back."),
    Bool("freeze", help="Hold the picture and the show's time."),
    Float("brightness", 1.0, glide=0.05, help="Of everything that leaves the machine."),
    Float("fade", 0.5, min=0.0, max=20.0, unit="s", help="How long a blackout takes; 0 cuts."),
    Trigger(
        "panic", help="Let go of all that could stick: notes, fades, cues that wait, freeze. What is dark stays dark."
    ),
)
# Set by hand alone: a preset or a cue that is recalled leaves these as they are.
BY_HAND = frozenset(f"master.{param.name}" for param in PARAMS)
# The usual double-click time of desktops is 0.4 to 0.5 s; above it, a press and a change of mind read as one.
DOUBLE_PRESS_S = 0.4
# Sums of `dt / fade` miss 1 by some 1e-16 a frame; nearer than this the fade has arrived.
ARRIVED = 1e-9


class Master:
    """Holds the level of the fade and the frozen picture. The show's thread, except for `press`.

    Args:
        now: seconds; stamps presses.
        journal: gets the presses that cut, for takes.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, journal: Journal | None = None) -> None:
        self._journal = journal or Journal()
        self._journal.replayers["cut"] = self.cut
        self.level = 1.0
        self.dark = False
        self._now = now
        self._held: Picture | None = None
        self._dimmed = KeptPicture()
        self._black: Picture | None = None
        self._pressed_at = -math.inf
        self._sent_to = False
        self._cut: bool | None = None

    def begin(self, values: Values) -> None:
        """Stand where the switch of the owner "master" says, without a fade: a show begins as it is set."""
        self.dark = bool(values["blackout"])
        self.level = 0.0 if self.dark else 1.0

    def press(self) -> Callable[[bool], bool]:
        """Register a press of the blackout's pad or key, now; any thread.

        Returns:
            A function from the switch before to the switch after the press. It switches over; a second press within
            0.4 s leaves it where the first one sent it and cuts instead of fading. A third is a first one again.
        """
        at = self._now()

        def switch(dark: bool) -> bool:
            if at - self._pressed_at <= DOUBLE_PRESS_S and dark == self._sent_to:
                self._pressed_at = -math.inf
                self.cut(dark)
                return dark
            self._pressed_at, self._sent_to, self._cut = at, not dark, None
            return not dark

        return switch

    def cut(self, dark: bool) -> None:
        """Let the fade to `dark` or back arrive in the next frame. Within an edit."""
        self._journal.add_action("cut", dark)
        self._cut = dark

    def apply(self, picture: Picture, values: Values, dt: float) -> Picture:
        """Return the picture `[height, width, 3]` that leaves the machine: the same array where nothing has changed.

        The fade goes from wherever it stands toward where the switch now says, so that a press in mid-fade always
        ends at full or at black.

        Args:
            picture: what the generator drew last; not changed.
            values: of the owner "master".
            dt: seconds since the frame before, all of them: a show that stalls is dark in time all the same.
        """
        self.dark = bool(values["blackout"])
        goal, fade = (0.0 if self.dark else 1.0), float(values["fade"])
        step = dt / fade if fade > 0 and self._cut != self.dark else 1.0
        self._cut = None
        self.level = min(max(goal, self.level - step), self.level + step)
        if abs(self.level - goal) < ARRIVED:
            self.level = goal
        if not values["freeze"] or self._held is None:
            self._held = picture
        return self._dim(self._held, self.level * float(values["brightness"]))

    @property
    def held(self) -> Picture | None:
        """Return the picture that was shown last, before it was dimmed: while frozen that which is held."""
        return self._held

    def forget(self) -> None:
        """Drop the held picture: a frozen one is replaced by the next."""
        self._held = None
        self._dimmed.forget()

    def _dim(self, picture: Picture, gain: float) -> Picture:
        if 0.0 < gain < 1.0:
            return self._dimmed.get(picture, gain, lambda: dim(picture, gain))
        self._dimmed.forget()
        if gain >= 1.0:
            return picture
        # Black is one picture, whatever is drawn beneath it.
        if self._black is None or self._black.shape != picture.shape:
            self._black = dim(picture, 0.0)
        return self._black


def commands(store: ParamStore, cancel_waiting: Callable[[], None] = lambda: None) -> Mapping[str, Callable[..., None]]:
    """Return the master's commands by OSC address, and connect its panic.

    Args:
        store: in which the master's parameters are.
        cancel_waiting: called on the show's thread at a panic, to drop recalls that only wait.
    """

    def press(value: object = 1) -> None:
        """Press the blackout's pad; a 0, as a button sends when it is let go, is none."""
        if is_press(value):
            store.toggle("master.blackout")

    def panic() -> None:
        cancel_waiting()
        store.emit(Panic())
        store.stop_glides(keep="master")
        edit, _ = store.prepare("master.freeze", False)
        edit()

    # A parameter, since a pad is bound to one.
    store.on_press("master.panic", panic)
    return {"/master/press": press}
