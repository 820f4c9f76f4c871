"""From face to face: by itself in seconds or beats, by crossfader, by pads, by the keys of a keyboard."""

import logging
import math
import random

from torch import Tensor

from likeness import Bool, Choice, Event, Float, Frame, Int, Note, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.easing import EASINGS
from likeness.latent import lerp, slerp
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.face_list import draw_seeds, read_faces

log = logging.getLogger(__name__)

MOST_DRAWN = 32
PATHS = {"slerp": slerp, "lerp": lerp}
# After a key has been pressed, a beat sooner than this part of the step does not take the face away again.
SHORTEST_STAY = 0.5
# How long the picture takes at most to get under the fader when the mode is changed to hand.
CATCH_UP_S = 1.0


class Plugin:
    """Travels along legs: from `_origin` to the face numbered `_goal`.

    All faces are kept as deviations from the mean, about which slerp turns. A leg may begin anywhere: whatever changes
    the goal makes the picture that is shown the origin, and so nothing jumps.
    """

    def __init__(self) -> None:
        self._notes: list[int] = []
        self._shown: Tensor | None = None
        self._goal, self._heading = 0, 1
        self._progress, self._held = 1.0, math.inf

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Choice(
                "mode", "travel", ["travel", "hand"], help="travel goes by itself; hand follows the position fader."
            ),
            Text("faces", help="Seeds and saved latents, as 7 12 anna.safetensors; empty draws from the show's seed."),
            Int("count", 6, min=1, max=MOST_DRAWN, unit="faces", help="How many are drawn where none are named."),
            Float(
                "position",
                0.0,
                glide=0.08,
                help="Crossfader in hand mode: 0 is the first face, 1 the last, evenly between.",
            ),
            Float(
                "travel",
                4.0,
                min=0.05,
                max=120.0,
                unit="s",
                warp="exp",
                help="How long the way to the next face takes.",
            ),
            Float("hold", 0.0, max=120.0, unit="s", help="How long a face stays before the next one comes."),
            Float(
                "beats",
                0.0,
                max=64.0,
                unit="beats",
                help="A new face every so many beats, on the beat; travel and hold share them. 0 counts seconds.",
            ),
            Choice("order", "loop", ["loop", "ping-pong", "once", "shuffle"], help="Which face comes next."),
            Choice("easing", "smooth", list(EASINGS), help="How a way leaves and arrives; ease-out hits on the beat."),
            Choice(
                "path",
                "slerp",
                list(PATHS),
                help="slerp keeps the faces' strength on the way; lerp crosses the plain middle.",
            ),
            Float("amount", 1.0, glide=0.1, help="How much of these faces: 0 is the face that comes in."),
            Trigger("next", help="Leave for the next face now."),
            Trigger("previous", help="Go back to the face before."),
            Bool("keys", True, help="MIDI notes pick a face."),
            Int("first_key", 60, min=0, max=127, help="The MIDI note of the first face; 60 is middle C."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        generator = stage.generator
        self._mean = generator.mean
        self._drawn = generator.sample(draw_seeds(stage.seed, "face_interpolation", MOST_DRAWN)) - self._mean
        self._named = self._drawn[:0]
        self._rng = random.Random(stage.seed)
        mean = self._mean
        self._loader: BackgroundLoader[str, Tensor] = BackgroundLoader(
            lambda text: read_faces(text, generator) - mean, log, offline=stage.offline
        )
        self._faces = self._named
        self._settings: tuple[str, ...] = ()
        self._count = self._grid_line = 0
        self._beat = 0.0
        self._restart()

    @hookimpl
    def handle(self, event: Event) -> None:
        if isinstance(event, Note) and event.velocity > 0:
            self._notes.append(event.number)

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        self._update_faces(params, frame.time)
        self._handle_controls(params)
        by_hand = params["mode"] == "hand"
        if by_hand:
            catch_up_s = min(float(params["travel"]), CATCH_UP_S)
            self._progress = min(self._progress + frame.dt / catch_up_s, 1.0)
        elif float(params["beats"]) > 0:
            self._advance_by_beats(params, frame)
        else:
            self._advance_by_time(params, frame.dt)
        self._beat = frame.beat
        self._grid_line = _count_grid_lines(params, frame)
        goal = self._face_at(float(params["position"]), params) if by_hand else self._faces[self._goal]
        self._shown = self._blend(self._origin, goal, params)
        amount = float(params["amount"])
        face = self._shown + self._mean
        return face.expand_as(latent) if amount >= 1.0 else lerp(latent, face, amount)

    # Which faces there are.

    def _update_faces(self, params: Values, time: float) -> None:
        """Take over newly named faces, or another count."""
        named = self._loader.poll(str(params["faces"]).strip(), time)
        if named is not None:
            self._named = named
        count = 0 if len(self._named) else int(params["count"])
        if named is None and count == self._count:
            return
        new = named is not None and bool(len(named) or not self._count)
        self._count = count
        self._faces = self._drawn[:count] if count else self._named
        if self._shown is None:
            self._restart()
        elif new or self._goal >= len(self._faces):
            self._begin_leg(0)
        elif params["mode"] == "hand":
            # The same place on the fader is another face now.
            self._begin_leg(self._goal)

    def _restart(self) -> None:
        """Stand at the first face, about to leave for the second."""
        self._shown = None
        self._goal, self._heading = 0, 1
        self._progress, self._held = 1.0, math.inf
        self._origin: Tensor = self._drawn[0]

    # Where to.

    def _handle_controls(self, params: Values) -> None:
        """Handle pads, keys and changed settings."""
        settings = tuple(str(params[name]) for name in ("mode", "path", "easing"))
        if settings != self._settings:
            # Another curve through the same moment would be a jump: the rest of the way is a leg of its own.
            if self._settings and (self._progress < 1.0 or "hand" in (settings[0], self._settings[0])):
                self._begin_leg(self._goal)
            self._settings = settings
        notes, self._notes = self._notes, []
        if params["mode"] == "hand":
            return
        count = len(self._faces)
        step = int(params["next"]) - int(params["previous"])
        if step:
            self._begin_leg((self._goal + step) % count)
        for note in notes if params["keys"] else ():
            if 0 <= note - int(params["first_key"]) < count:
                self._begin_leg(note - int(params["first_key"]))

    def _begin_leg(self, goal: int) -> None:
        """Begin a leg to `goal` from what is shown."""
        if self._shown is not None:
            self._origin = self._shown
        self._goal, self._progress, self._held = goal, 0.0, 0.0

    def _begin_next_leg(self, order: str) -> bool:
        """Begin the leg to the face that comes next; return whether there is one."""
        count = len(self._faces)
        if count < 2 or (order == "once" and self._goal == count - 1):
            return False
        goal = self._goal + 1
        if order == "ping-pong":
            if not 0 <= self._goal + self._heading < count:
                self._heading = -self._heading
            goal = self._goal + self._heading
        elif order == "shuffle":
            goal = self._goal + self._rng.randrange(1, count)
        if self._progress >= 1.0:
            self._origin = self._faces[self._goal]
        elif self._shown is not None:
            self._origin = self._shown
        self._goal, self._progress, self._held = goal % count, 0.0, 0.0
        return True

    # How far.

    def _advance_by_time(self, params: Values, dt: float) -> None:
        """Move on by `dt` seconds; what is left of them at the end of a leg goes to the next."""
        travel, hold, left = float(params["travel"]), float(params["hold"]), dt
        # A frame of 0.1 s passes two of the shortest legs; more turns than faces are not worth their time.
        for _ in range(len(self._faces) + 1):
            need = (1.0 - self._progress) * travel
            if left < need:
                self._progress += left / travel
                return
            left -= need
            self._progress = 1.0
            if self._held + left < hold:
                self._held += left
                return
            left -= max(hold - self._held, 0.0)
            if not self._begin_next_leg(str(params["order"])):
                self._held = hold
                return

    def _advance_by_beats(self, params: Values, frame: Frame) -> None:
        """Move on with the beat: a leg begins on a line of the grid and ends, at the latest, on the next."""
        beats, travel, hold = float(params["beats"]), float(params["travel"]), float(params["hold"])
        leg = beats * travel / (travel + hold)
        passed = max(frame.beat - self._beat, 0.0)
        # `_held` counts beats here, from the moment the leg began.
        self._held += passed
        self._progress = min(self._progress + passed / leg, 1.0)
        if _count_grid_lines(params, frame) != self._grid_line and self._held >= SHORTEST_STAY * beats:
            # Where the grid itself was changed, the leg begins in this frame and not on a line long past.
            late = min(frame.beat % beats, passed)
            if self._begin_next_leg(str(params["order"])):
                self._progress, self._held = min(late / leg, 1.0), late

    def _face_at(self, position: float, params: Values) -> Tensor:
        """Return the deviation at `position` in [0, 1] of the row of faces."""
        place = position * (len(self._faces) - 1)
        index = min(int(place), max(len(self._faces) - 2, 0))
        if place == index:
            return self._faces[index]
        return PATHS[str(params["path"])](self._faces[index], self._faces[index + 1], place - index)

    def _blend(self, start: Tensor, goal: Tensor, params: Values) -> Tensor:
        """Return the deviation on this leg, as far as it has come."""
        if self._progress >= 1.0:
            return goal
        return PATHS[str(params["path"])](start, goal, EASINGS[str(params["easing"])](self._progress))


def _count_grid_lines(params: Values, frame: Frame) -> int:
    """Return how many lines of the beat grid have passed."""
    beats = float(params["beats"])
    return math.floor(frame.beat / beats) if beats > 0 else 0
