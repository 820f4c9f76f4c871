"""Mattes of a roughly centred face: skin, hair with clothes, and backdrop.

No network: two graph cuts with colour mixtures [Rother et al. 2004, GrabCut], led by where
skin and hair are in the average face. About 20 ms at 128 px.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.faces.flow import Bytes, Image

# Distances from an edge are squashed by tanh at this many pixels of a 128 px frame: far from
# an edge only its side matters, and linear models of raw distances spend themselves there.
EDGE_REACH = 8.0
# A wall is plain where this share of the rim at the sides and above is of exactly one colour, and so large a part of
# its px is followed by another one of it, which faint noise breaks: 96 of 100 drawings, and 2 of 100 photos, which are
# black or white there. It is as far as nothing differs by more levels than these.
PLAIN_SHARE, PLAIN_RUNS, PLAIN_LEVELS = 0.18, 0.8, 3


@dataclass(frozen=True)
class Mattes:
    """Which part of a picture is what, `[size, size]` float32 in [0, 1].

    Attributes:
        skin: face, neck and ears, with all that lies on the face.
        person: skin, hair, hat and clothes.
    """

    skin: Image
    person: Image


def _ellipse(size: int, centre: tuple[float, float], radii: tuple[float, float], slope: float) -> Image:
    """Return a soft ellipse; centre and radii in picture widths, one half on its rim."""
    y, x = np.mgrid[0:size, 0:size] / size
    distance = np.sqrt(((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2)
    return np.asarray(1 / (1 + np.exp((distance - 1) * slope)), np.float32)


def face_region(size: int) -> Image:
    """Return where the face is in an aligned picture, as the weight of correspondence."""
    return _ellipse(size, (0.5, 0.54), (0.30, 0.42), 8)


def prior_mattes(size: int) -> Mattes:
    """Return skin and person as they usually are, for faces cut as in FFHQ [Karras et al. 2019]."""
    # Lower than most hair: where wall above a head began as hair, half of all heads kept a
    # column of it up to the border, and samples wore chimneys.
    head = _ellipse(size, (0.5, 0.50), (0.40, 0.40), 9)
    shoulders = _ellipse(size, (0.5, 1.05), (0.5, 0.27), 9)
    person = np.maximum(head, shoulders)
    y, x = np.mgrid[0:size, 0:size] / size
    beside = (y < 0.62) & (_ellipse(size, (0.5, 0.55), (0.47, 0.64), 60) < 0.5)
    person[beside | ((y > 0.62) & (y < 0.8) & ((x < 0.03) | (x > 0.97)))] = 0
    return Mattes(_ellipse(size, (0.5, 0.53), (0.27, 0.37), 7), person)


def _graph_cut(picture: Bytes, labels: Bytes, rounds: int) -> Image:
    """Run GrabCut from the labels to a hard matte; a picture of one colour keeps its labels."""
    either = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if not either.any() or either.all():
        return either.astype(np.float32)
    cv2.setRNGSeed(0)  # its k-means draws from this thread's generator: same picture, same matte
    cv2.grabCut(picture, labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)


def find_plain_wall(picture: Bytes) -> NDArray[np.bool_] | None:
    """Return where a wall of one colour is, as drawings have it, `[size, size]`; None where the wall is not plain.

    Args:
        picture: `[size, size, 3]` uint8, aligned.
    """
    size = picture.shape[0]
    width, lowest, corner = max(1, size // 32), size * 3 // 5, size // 4
    rim = np.zeros((size, size), bool)
    rim[:lowest, :width] = rim[:lowest, -width:] = True  # shoulders are below
    rim[:width, :corner] = rim[:width, -corner:] = True  # hair is between
    colours, counts = np.unique(picture[rim], axis=0, return_counts=True)
    apart = np.abs(picture.astype(np.int16) - colours[counts.argmax()]).max(2)
    exact = apart == 0
    followed = exact[:, :-1] & exact[:, 1:]
    if counts.max() < PLAIN_SHARE * rim.sum() or followed.sum() < PLAIN_RUNS * exact[:, :-1].sum():
        return None
    # What is of the wall's colour and enclosed, the white of an eye, is the person's; what the person does not
    # reach, the soft continuation of a picture beyond its edge, is the wall's.
    _, pieces = cv2.connectedComponents((apart <= PLAIN_LEVELS).astype(np.uint8), connectivity=4)
    reached = np.unique(pieces[rim])
    wall = (pieces > 0) & np.isin(pieces, reached)
    _, pieces = cv2.connectedComponents((~wall).astype(np.uint8))
    inside = np.unique(pieces[size * 9 // 20 : size * 3 // 4, size * 2 // 5 : size * 3 // 5])
    return np.asarray(~np.isin(pieces, inside[inside > 0]))


def cut_out(picture: Bytes, prior: Mattes, rounds: int = 3, wall: NDArray[np.bool_] | None = None) -> Mattes:
    """Find skin and person in a picture, both as hard mattes.

    Args:
        picture: `[size, size, 3]` uint8, aligned.
        prior: how probable skin and person are at each pixel.
        rounds: of each graph cut; one takes half the time of three.
        wall: where the wall is, `[size, size]`, where that is known: all else is the person.
    """
    size = picture.shape[0]
    core = _ellipse(size, (0.5, 0.58), (0.19, 0.26), 60) > 0.5
    labels = np.where(prior.skin > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[core | (prior.skin > 0.97)] = cv2.GC_FGD
    labels[prior.skin < 0.04] = cv2.GC_BGD
    skin = _graph_cut(picture, labels, rounds)

    labels = np.where(prior.person > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    # Hair that looks like nothing in the prior's inside is lost to the backdrop unless some of
    # it starts in the person's colours: what rings the upper face is probably hair.
    width = size // 10 | 1
    ring = cv2.dilate(np.maximum(skin, core.astype(np.float32)), np.ones((width, width), np.uint8)) > 0
    ring[int(0.55 * size) :] = False
    labels[ring] = cv2.GC_PR_FGD
    labels[((skin > 0) & (prior.skin > 0.3)) | (prior.person > 0.97)] = cv2.GC_FGD
    labels[prior.person < 0.04] = cv2.GC_BGD
    found = _graph_cut(picture, labels, rounds)
    person = np.maximum(found, skin * (prior.skin > 0.3)) if wall is None else (~wall).astype(np.float32)
    skin = skin * np.maximum(found, prior.skin > 0.3)
    smooth = 5 if size >= 96 else 3
    person = cv2.medianBlur(person.astype(np.uint8), smooth).astype(np.float32)
    skin = cv2.medianBlur(skin.astype(np.uint8), smooth).astype(np.float32)
    return Mattes(skin, np.maximum(person, skin))


def signed_distance(matte: Image) -> Image:
    """Return the squashed distance to a hard matte's edge, positive inside, in (-1, 1).

    `tanh(distance / reach)`, the reach being `EDGE_REACH` pixels of a 128 px frame. Averages of
    distances are edges again, averages of mattes are ghosts [Leventon et al. 2000].
    """
    inside = (matte > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    reach = EDGE_REACH * matte.shape[0] / 128
    return np.asarray(np.tanh(distance / reach), np.float32)


def edge_contrast(picture: Bytes, mattes: Mattes) -> float:
    """Return how clearly the hair stands out from the backdrop above the shoulders; 0 for a lost outline.

    The distance of their mean colours in grey levels over half their spread: about 0.2 where a
    cut went wrong or both are dark, 2 for a usual picture, 5 before a studio wall.
    """
    size = picture.shape[0]
    rim = np.ones((max(3, size // 14 | 1),) * 2, np.uint8)
    person = mattes.person.astype(np.uint8)
    upper = np.zeros_like(person, dtype=bool)
    upper[: int(0.63 * size)] = True
    inner = (person > mattes.skin) & (cv2.dilate(1 - person, rim) > 0) & upper
    outer = (person == 0) & (cv2.dilate(person, rim) > 0) & upper
    enough = size * size * 0.012
    if inner.sum() < enough * 0.3 or outer.sum() == 0:
        return 0.0
    hair, wall = picture[inner].astype(np.float32), picture[outer].astype(np.float32)
    apart = float(np.linalg.norm(hair.mean(0) - wall.mean(0)))
    spread = float(hair.std(0).mean() + wall.std(0).mean())
    return float(apart / (1 + 0.5 * spread) * min(1.0, float(inner.sum()) / enough))
