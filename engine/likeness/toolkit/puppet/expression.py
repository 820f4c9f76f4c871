"""Expression: what a face does, measured on its landmarks, and as the channels of ARKit's names.

Measures are in distances between the outer corners of the eyes, on a face that has been turned to the front, so that
neither how near it is nor how it is held changes them. What they are of a face at rest is subtracted; what is left is
a channel, 1 where ICT-FaceKit's expression of that name [Li et al. 2020] is at full strength.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from likeness.faces.landmarks import Points

Measures = Mapping[str, float]

# The channels, as ARKit calls them; left is the person's own. Each goes from 0 to 1, the head's from -1 to 1.
FACE_CHANNELS = (
    *("jawOpen", "mouthPucker"),
    *("mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight"),
    *("eyeBlinkLeft", "eyeBlinkRight", "browInnerUp"),
    *("browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight"),
    *("eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight"),
    *("eyeLookUpLeft", "eyeLookUpRight", "eyeLookDownLeft", "eyeLookDownRight"),
)
# Turned to the picture's right, lifted, tilted clockwise, moved right and down, near: of a camera that is no mirror.
HEAD_CHANNELS = ("headYaw", "headPitch", "headRoll", "headX", "headY", "headSize")
# What a head channel of 1 is: radians, shares of the camera picture's width, times as large (as a power of e).
HEAD_RANGES: Mapping[str, float] = MappingProxyType(
    {"headYaw": 0.6, "headPitch": 0.5, "headRoll": 0.6, "headX": 0.5, "headY": 0.5, "headSize": 0.7}
)
# Points of the mesh that no expression moves, and where they are on a face from the front, from between the eyes' outer
# corners, in their distance: measured by the mesh on the mean face of composite-256, both halves made alike.
RIGID = (33, 133, 362, 263, 168, 6, 197, 195, 127, 356, 10, 151, 9)
FRONT = np.array(
    [
        (-0.500, 0.000, 0.000), (-0.206, 0.026, -0.065), (0.206, 0.026, -0.065), (0.500, 0.000, 0.000),
        (0.0, -0.046, -0.259), (0.0, 0.045, -0.306), (0.0, 0.127, -0.362), (0.0, 0.203, -0.422),
        (-0.782, 0.046, 0.589), (0.782, 0.046, 0.589),
        (0.0, -0.615, -0.228), (0.0, -0.430, -0.264), (0.0, -0.233, -0.288),
    ]
)  # fmt: skip
# Points by what they are: of pairs that of the person's right, at the picture's left, comes first.
UPPER_LIP, LOWER_LIP, NOSE, CORNERS = 13, 14, 2, (61, 291)
LIDS = (((159, 145), (158, 153), (160, 144)), ((386, 374), (385, 380), (387, 373)))
EYES = ((33, 133), (263, 362))
IRISES = (468, 473)
INNER_BROWS, OUTER_BROWS = ((107, 55), (336, 285)), ((105, 63), (334, 293))
# At full strength ICT-FaceKit's shapes move a corner of the mouth so far out and down, the lower lip so far from the
# upper one, brows so far up or down; lids close their eye; irises go by so much of half an eye's width.
JAW, JAW_CORNER = 0.37, (-0.032, 0.147)
SMILE, FROWN_DOWN, PUCKER_IN = (0.079, -0.118), 0.051, 0.052
BROW_IN, BROW_UP, BROW_DOWN = 0.05, 0.085, 0.041
GAZE_SIDE, GAZE_UP = 0.42, 0.28
# Lids that shut pull the mesh's brows up by so much, at the outer and the inner end, though the skin stays.
BLINK_OUTER, BLINK_INNER = 0.03, 0.018
# Lids count as shut when this much of the eye's opening is left, since lashes lie in it.
SHUT = 0.22
# What is less than this part of a channel is the landmarks' own trembling.
STILL = 0.1
# What a face at rest measures, until the performer's own is taken: medians of twenty faces of faces-256, both halves
# made alike; "size" is that of a face before a camera at arm's length.
REST: Measures = MappingProxyType(
    {
        "jaw": 0.009, "right_out": 0.273, "right_down": 0.246, "left_out": 0.273, "left_down": 0.246,
        "right_open": 0.328, "left_open": 0.328,
        "right_inner": 0.210, "left_inner": 0.210, "right_outer": 0.276, "left_outer": 0.276,
        "right_side": -0.045, "left_side": 0.045, "right_up": 0.142, "left_up": 0.142,
        "yaw": 0.0, "pitch": 0.0, "roll": 0.0, "x": 0.0, "y": 0.0, "size": -1.8,
    }
)  # fmt: skip
# Of dlib's five points, the nose's base lies before and below the eyes' line by so much of the outer corners' distance.
NOSE_BEFORE, NOSE_BELOW = 0.36, 0.50
# From the front, how far a head is lifted is not told from a long nose; half of what is seen is believed.
FIVE_PITCH = 0.5


def measure_mesh(points: Points, shape: tuple[int, ...]) -> Measures:
    """Return the measures of a face by its mesh.

    Args:
        points: `[478, 3]`, in the picture's px.
        shape: of the picture: height, width.
    """
    turn, scale, middle = _find_pose(points[list(RIGID)])
    front = (points - middle) @ turn / scale
    found = {"jaw": float(front[LOWER_LIP, 1] - front[UPPER_LIP, 1])}
    for side, name in enumerate(("right", "left")):
        outward = 1.0 if side else -1.0
        corner, inner, outer = front[CORNERS[side]], front[EYES[side][1]], front[EYES[side][0]]
        found[f"{name}_out"] = outward * float(corner[0])
        found[f"{name}_down"] = float(corner[1] - front[NOSE, 1])
        width = float(np.hypot(*(outer - inner)[:2]))
        opened = [float(front[low, 1] - front[high, 1]) for high, low in LIDS[side]]
        found[f"{name}_open"] = float(np.mean(opened)) / width
        # Brows are seen from the eyes' corners, which neither lids nor gaze move.
        level = float(inner[1] + outer[1]) / 2
        found[f"{name}_inner"] = level - float(front[list(INNER_BROWS[side]), 1].mean())
        found[f"{name}_outer"] = level - float(front[list(OUTER_BROWS[side]), 1].mean())
        off = front[IRISES[side]] - (inner + outer) / 2
        found[f"{name}_side"], found[f"{name}_up"] = 2 * float(off[0]) / width, -2 * float(off[1]) / width
    yaw = math.atan2(-turn[0, 2], turn[2, 2])
    pitch = math.asin(max(-1.0, min(1.0, float(turn[1, 2]))))
    roll = math.atan2(turn[1, 0], turn[0, 0])
    return found | {"yaw": yaw, "pitch": pitch, "roll": roll} | _measure_place(middle, scale, shape)


def measure_five(corners: Points, shape: tuple[int, ...]) -> Measures:
    """Return the measures of a head by dlib's five points `[5, 2]`; of the face itself they tell nothing.

    Args:
        corners: outer and inner corner of the eye at the picture's right, the same of the other, the nose's base.
        shape: of the picture: height, width.
    """
    way = corners[0] - corners[2]
    scale, middle = float(np.hypot(*way)), (corners[0] + corners[2]) / 2
    roll = math.atan2(way[1], way[0])
    along = np.array([math.cos(roll), math.sin(roll)])
    nose = (corners[4] - middle) / max(scale, 1e-6)
    side, down = float(nose @ along), float(nose @ np.array([-along[1], along[0]]))
    yaw = math.asin(max(-1.0, min(1.0, side / NOSE_BEFORE)))
    # A head that turns brings its eyes nearer to each other in the picture.
    down, scale = down * math.cos(yaw), scale / max(math.cos(yaw), 0.5)
    pitch = FIVE_PITCH * math.asin(max(-1.0, min(1.0, (NOSE_BELOW - down) / NOSE_BEFORE)))
    return {"yaw": yaw, "pitch": pitch, "roll": roll} | _measure_place(middle, scale, shape)


def find_channels(measures: Measures, rest: Measures) -> dict[str, float]:
    """Return the channels of a face, all of `FACE_CHANNELS` that its measures tell, and of `HEAD_CHANNELS`.

    Args:
        measures: of the face now.
        rest: of the same face at rest.
    """
    now = {name: value - rest.get(name, REST[name]) for name, value in measures.items()}
    found = {
        f"head{name.capitalize()}": _held(now[name] / HEAD_RANGES[f"head{name.capitalize()}"], -1.0)
        for name in ("yaw", "pitch", "roll", "x", "y", "size")
    }
    if "jaw" not in now:
        return found
    jaw = now["jaw"] / JAW
    found["jawOpen"] = _held(jaw)
    narrower = []
    for side in ("right", "left"):
        name = side.capitalize()
        # What the jaw does to the corner is taken away first.
        out, down = now[f"{side}_out"] - jaw * JAW_CORNER[0], now[f"{side}_down"] - jaw * JAW_CORNER[1]
        smile = (out * SMILE[0] + down * SMILE[1]) / (SMILE[0] ** 2 + SMILE[1] ** 2)
        found[f"mouthSmile{name}"] = _held(smile)
        found[f"mouthFrown{name}"] = _held((down - max(0.0, smile) * SMILE[1]) / FROWN_DOWN if smile < 0 else 0.0)
        narrower.append(-(out - max(0.0, smile) * SMILE[0]) / PUCKER_IN)
        whole = rest.get(f"{side}_open", REST[f"{side}_open"])
        found[f"eyeBlink{name}"] = _held(-now[f"{side}_open"] / max(whole * (1 - SHUT), 0.05))
        pulled = found[f"eyeBlink{name}"]
        found[f"browOuterUp{name}"] = _held((now[f"{side}_outer"] - pulled * BLINK_OUTER) / BROW_UP)
        found[f"browDown{name}"] = _held(-now[f"{side}_inner"] / BROW_DOWN)
        _add_gaze(found, name, now[f"{side}_side"] / GAZE_SIDE, now[f"{side}_up"] / GAZE_UP)
    found["mouthPucker"] = _held(min(narrower))
    inner = (now["right_inner"] + now["left_inner"]) / 2
    pulled = (found["eyeBlinkLeft"] + found["eyeBlinkRight"]) / 2
    found["browInnerUp"] = _held((inner - pulled * BLINK_INNER) / BROW_IN)
    # Behind lids that shut nobody sees where an eye looks.
    for name, value in found.items():
        if name.startswith("eyeLook"):
            found[name] = value * (1 - found["eyeBlinkLeft" if name.endswith("Left") else "eyeBlinkRight"])
    return found


def _add_gaze(found: dict[str, float], name: str, aside: float, up: float) -> None:
    # To the picture's right is out for the person's own left eye.
    out = aside if name == "Left" else -aside
    found[f"eyeLookOut{name}"], found[f"eyeLookIn{name}"] = _held(out), _held(-out)
    found[f"eyeLookUp{name}"], found[f"eyeLookDown{name}"] = _held(up), _held(-up)


def _measure_place(middle: Points, scale: float, shape: tuple[int, ...]) -> dict[str, float]:
    height, width = shape[:2]
    x, y = float(middle[0] - width / 2) / width, float(middle[1] - height / 2) / width
    return {"x": x, "y": y, "size": math.log(max(scale, 1.0) / width)}


def _find_pose(points: Points) -> tuple[Points, float, Points]:
    """Return by which turn `[3, 3]`, scale and shift `[3]` the front face comes to lie on `points` [Umeyama 1991]."""
    front, there = FRONT - FRONT.mean(axis=0), points - points.mean(axis=0)
    left, strengths, right = np.linalg.svd(there.T @ front)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    turn = left * signs @ right
    scale = float((strengths * signs).sum() / (front**2).sum())
    return turn, scale, points.mean(axis=0) - scale * turn @ FRONT.mean(axis=0)


def _held(value: float, low: float = 0.0) -> float:
    # A head that leans a little is meant to; a face that does a little is trembling.
    value = value if low else (value - STILL) / (1 - STILL)
    return max(low, min(1.0, value))
