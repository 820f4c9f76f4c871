"""The last hand on the picture: freeze, blackout, brightness. Works on finished pictures, whatever failed before."""

from likeness.frame import Values
from likeness.params import Bool, Float
from likeness.picture import Picture, dim

PARAMS = (
    Bool("blackout", help="Fade to black, and back."),
    Bool("freeze", help="Hold the picture and the show's time."),
    Float("brightness", 1.0, glide=0.05, help="Of everything that leaves the machine."),
    Float("fade", 0.5, min=0.0, max=20.0, unit="s", help="How long a blackout takes; 0 cuts."),
)


class Master:
    """Keeps the fade's place and the held picture. One thread, the show's."""

    def __init__(self) -> None:
        self.level = 1.0
        self._held: Picture | None = None

    def apply(self, picture: Picture, values: Values, dt: float) -> Picture:
        """Return the picture `[height, width, 3]` that leaves the machine.

        The fade goes from wherever it stands toward where the switch now says, so that a press in mid-fade always
        ends at full or at black.

        Args:
            picture: what the generator drew last; not changed.
            values: of the owner "master".
            dt: seconds since the frame before.
        """
        goal, fade = (0.0 if values["blackout"] else 1.0), float(values["fade"])
        step = dt / fade if fade > 0 else 1.0
        self.level = min(max(goal, self.level - step), self.level + step)
        if not values["freeze"] or self._held is None:
            self._held = picture
        return dim(self._held, self.level * float(values["brightness"]))
