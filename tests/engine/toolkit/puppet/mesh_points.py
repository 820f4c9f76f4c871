"""A face's mesh by hand: a front face whose parts are where a test puts them, held and placed as it says."""

import math

import numpy as np

from likeness.toolkit.puppet.expression import FRONT, RIGID

Points = np.ndarray


def front_face(**moves: float) -> Points:
    """Return `[478, 3]` points in distances between the eyes' outer corners; what no measure reads stays at nothing.

    Args:
        moves: "jaw" lowers the lower lip and the corners as ICT-FaceKit's does, "smile_left" lifts that corner,
            "blink_left" shuts that eye's lids, "brow" lifts both inner brows, "look" moves both irises to the right.
    """
    points = np.zeros((478, 3))
    points[list(RIGID)] = FRONT
    jaw = moves.get("jaw", 0.0)
    points[2], points[13] = (0, 0.42, -0.37), (0, 0.66, -0.3)
    points[14] = (0, 0.669 + 0.37 * jaw, -0.3)
    for side, sign, eye, corner in (("right", -1, (33, 133), 61), ("left", 1, (263, 362), 291)):
        smile = moves.get(f"smile_{side}", 0.0)
        out, down = 0.273 - 0.032 * jaw + 0.079 * smile, 0.666 + 0.147 * jaw - 0.118 * smile
        points[corner] = (sign * out, down, -0.15)
        middle = (points[eye[0]] + points[eye[1]]) / 2
        width = np.hypot(*(points[eye[0]] - points[eye[1]])[:2])
        opened = 0.328 * width * (1 - 0.78 * moves.get(f"blink_{side}", 0.0))
        lids = ((159, 145), (158, 153), (160, 144)) if side == "right" else ((386, 374), (385, 380), (387, 373))
        for high, low in lids:
            points[high], points[low] = middle + np.array((0, -opened, 0)), middle
        inner, outer = ((107, 55), (105, 63)) if side == "right" else ((336, 285), (334, 293))
        points[list(inner)] = middle + np.array((0, -0.21 - moves.get("brow", 0.0) * 0.05, 0))
        points[list(outer)] = middle + np.array((0, -0.276, 0))
        iris = 468 if side == "right" else 473
        aside = sign * 0.045 + 0.42 * moves.get("look", 0.0)
        points[iris] = middle + width / 2 * np.array((aside, -0.142, 0))
    return points


def held(points: Points, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, scale: float = 100.0) -> Points:
    """Return a face turned to the picture's right, lifted and tilted clockwise, in px around (320, 180)."""
    # z is toward the viewer where it is negative, y goes down.
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return points @ (about_z @ about_y @ about_x).T * scale + (320, 180, 0)
