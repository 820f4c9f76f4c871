"""The answer of a playing face to a leading one: channels under a performer's hands, and the moves they become."""

from collections.abc import Mapping
from types import MappingProxyType

from likeness.easing import glide_share
from likeness.toolkit.mouth_moves import FALL_PX, MOST_JAW, MouthMoves
from likeness.toolkit.puppet.expression import (
    FACE_CHANNELS,
    HEAD_CHANNELS,
    HEAD_RANGES,
    REST,
    Measures,
    find_channels,
)
from likeness.toolkit.puppet.head_pose import HeadPose

Channels = Mapping[str, float]

# What one hand of the performer is over.
HANDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "jaw": ("jawOpen",),
        "smile": ("mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight"),
        "lips": ("mouthPucker",),
        "lids": ("eyeBlinkLeft", "eyeBlinkRight"),
        "brows": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight"),
        "gaze": tuple(name for name in FACE_CHANNELS if name.startswith("eyeLook")),
        "head": HEAD_CHANNELS,
    }
)
# Of a channel of 1, as the moves of `mouth_frame` count: a move of the jaw is two fifths of what a jaw can.
JAW, PUCKER, FUNNEL, BARE, BROWS = 2.2, 1.0, 0.4, 0.3, 1.25
# A picture that is turned shows this part of the turn: measured by a mesh on turned pictures.
SEEN_YAW, SEEN_PITCH = 0.57, 0.5
# A face that is gone for less than this has been missed by the detector; where nothing is heard of it at all, because
# the machine is busy, it stays as it was for longer.
MISSED_S, SILENT_S = 0.3, 2.0
# In which a face that has come takes the lead.
COMES_S = 0.3
# So long a face is watched for what it is at rest, and the farthest that its lips are apart then.
WATCHED_S, REST_JAW = 0.6, 0.03
MOST_WATCHED = 60


class FaceResponse:
    """Turns measures, which come with the camera's pictures, into channels of each frame. The render thread.

    A face that comes is watched for a moment for what it is at rest, which a press of `take_rest` replaces. A face that
    is lost eases back to rest, wherever it was.
    """

    def __init__(self) -> None:
        self._measures: Measures = {}
        self._rest: Measures = REST
        self._watched: list[Measures] = []
        self._watched_s, self._unseen_s, self._silent_s, self._present = 0.0, MISSED_S, 0.0, 0.0
        self._known = self._gone = False
        self._channels = dict.fromkeys((*FACE_CHANNELS, *HEAD_CHANNELS), 0.0)

    @property
    def present(self) -> bool:
        """Return whether a face leads."""
        return self._unseen_s < MISSED_S

    def observe(self, measures: Measures) -> None:
        """Take what was measured on a picture; nothing where there was no face."""
        self._silent_s, self._gone = 0.0, not measures
        if not measures:
            return
        self._measures, self._unseen_s = measures, 0.0
        # While the show is frozen no time passes, and pictures still come.
        if not self._known and len(self._watched) < MOST_WATCHED:
            self._watched.append(measures)

    def take_rest(self) -> bool:
        """Take the face as it is now for its rest; return whether there is one."""
        if not self.present:
            return False
        self._rest, self._known, self._watched = dict(self._measures), True, []
        return True

    def forget(self) -> None:
        """Drop all that was measured on anybody."""
        self._measures, self._rest, self._watched, self._known = {}, REST, [], False
        self._watched_s, self._unseen_s = 0.0, MISSED_S

    def advance(self, dt: float, values: Mapping[str, float]) -> Channels:
        """Return the channels of a frame, by `FACE_CHANNELS` in [0, 1] and `HEAD_CHANNELS` in [-1, 1].

        Args:
            dt: seconds since the frame before.
            values: of each of `HANDS` its gain, and as NAME_curve its curve: the power to which a channel is raised;
                "smooth" and "ease", the seconds in which the face follows, and goes back to rest once it is lost.
        """
        self._silent_s += dt
        if self._gone or self._silent_s > SILENT_S:
            self._unseen_s += dt
        self._watch(dt)
        seconds = COMES_S if self.present else values["ease"]
        self._present += (float(self.present) - self._present) * glide_share(dt, seconds)
        if not self.present and self._present < 0.01 and self._unseen_s > values["ease"]:
            # Whoever comes next has a rest of their own.
            self.forget()
        found = find_channels(self._measures, self._rest) if self._measures else {}
        share = glide_share(dt, values["smooth"]) if dt else 1.0
        for hand, names in HANDS.items():
            gain, curve = values[hand], values[f"{hand}_curve"]
            for name in names:
                raw = found.get(name, 0.0)
                goal = min(1.0, abs(raw) ** curve * gain) * self._present
                self._channels[name] += ((goal if raw >= 0 else -goal) - self._channels[name]) * share
        return dict(self._channels)

    def state(self) -> tuple[object, ...]:
        """Return what a new instance must know to go on."""
        return self._measures, self._rest, self._known, self._unseen_s, self._present, dict(self._channels)

    def restore(self, state: tuple[object, ...]) -> None:
        """Go on from what another instance returned as `state`."""
        self._measures, self._rest, self._known, self._unseen_s, self._present, self._channels = state  # type: ignore[assignment]  # as `state` gave them

    def _watch(self, dt: float) -> None:
        """Take the rest of a face that has been watched for long enough; until then it is at rest as it is."""
        if self._known or not self._watched:
            return
        self._watched_s += dt
        names = self._watched[0].keys()
        alike = [each for each in self._watched if each.keys() == names]
        rest = {name: sum(each[name] for each in alike) / len(alike) for name in names}
        self._rest = rest | ({"jaw": min(rest["jaw"], REST_JAW)} if "jaw" in rest else {})
        if self._watched_s >= WATCHED_S:
            self._known, self._watched, self._watched_s = True, [], 0.0


def mirror(channels: Channels) -> Channels:
    """Return the channels of the face in a mirror: sides change places, and the head goes the other way."""
    swapped = {}
    for name, value in channels.items():
        if name.endswith("Left"):
            swapped[name.removesuffix("Left") + "Right"] = value
        elif name.endswith("Right"):
            swapped[name.removesuffix("Right") + "Left"] = value
        else:
            swapped[name] = -value if name in ("headYaw", "headRoll", "headX") else value
    return swapped


def find_moves(channels: Channels, amount: float, teeth: float) -> MouthMoves:
    """Return how the playing face moves.

    Args:
        channels: as `FaceResponse.advance` gives them.
        amount: of all: 0 is a still face, 1 as before the camera, 2 twice as far.
        teeth: how much of them is seen between open lips, in [0, 1].
    """
    shown = {name: channels[name] * amount for name in FACE_CHANNELS}
    jaw = min(MOST_JAW, JAW * shown["jawOpen"])
    smile = (shown["mouthSmileLeft"] + shown["mouthSmileRight"]) / 2
    moves = {
        "jaw": jaw,
        "pucker": PUCKER * shown["mouthPucker"],
        "funnel": FUNNEL * shown["mouthPucker"] * min(1.0, jaw),
        "bare": BARE * smile * min(1.0, jaw),
        "brows_in": BROWS * shown["browInnerUp"],
        # To the person's own left, which is out for the left eye and in for the right.
        "gaze_left": _gaze(shown, "Out", "In"),
        "gaze_up": (
            shown["eyeLookUpLeft"] + shown["eyeLookUpRight"] - shown["eyeLookDownLeft"] - shown["eyeLookDownRight"]
        )
        / 2,
    }
    for side in ("left", "right"):
        name = side.capitalize()
        moves[f"smile_{side}"], moves[f"frown_{side}"] = shown[f"mouthSmile{name}"], shown[f"mouthFrown{name}"]
        moves[f"lid_{side}"] = min(1.0, shown[f"eyeBlink{name}"])
        moves[f"brow_up_{side}"] = BROWS * shown[f"browOuterUp{name}"]
        moves[f"brow_down_{side}"] = BROWS * shown[f"browDown{name}"]
    return MouthMoves(moves, {"fall": jaw * FALL_PX, "teeth": teeth, "tongue": 0.0})


def find_pose(channels: Channels, amount: float) -> HeadPose:
    """Return how the playing head is held. Arguments as those of `find_moves`."""
    yaw, pitch, roll, x, y, size = (channels[name] * HEAD_RANGES[name] * amount for name in HEAD_CHANNELS)
    return HeadPose(yaw / SEEN_YAW, pitch / SEEN_PITCH, roll, x, y, size)


def _gaze(shown: Channels, out: str, in_: str) -> float:
    left = shown[f"eyeLook{out}Left"] - shown[f"eyeLook{in_}Left"]
    right = shown[f"eyeLook{in_}Right"] - shown[f"eyeLook{out}Right"]
    return (left + right) / 2
