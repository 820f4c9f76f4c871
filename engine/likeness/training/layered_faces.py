"""Layers and frequency bands of aligned faces, from which the joint code is fitted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from likeness.faces import bands
from likeness.faces.flow import Bytes, invert, resize_field, warp
from likeness.faces.mattes import Mattes, cut_out, edge_contrast, find_plain_wall, prior_mattes, signed_distance
from likeness.generators.networks.composite_parts import HAIR_FLOOR, Block, block_layout
from likeness.training.alignment import Alignment, Workers
from likeness.training.pca import Matrix, join_mirror, principal_components, split_mirror
from likeness.training.pictures import ProgressCallback, no_progress


@dataclass(frozen=True)
class LayeredFaces:
    """The training set of the joint code.

    Attributes:
        blocks: `[n, height, width, channels]` float32 for every name of `block_layout`.
        faces: `[n, size, size, 3]` uint8, in the mean frame.
        mattes: one for each face at half size, in the mean frame.
        prior: their mean, the encoder's starting point.
        weights: `[n]`, of each face.
        outline: `[n]` in [0, 1], the trust in its cut.
    """

    blocks: dict[str, Matrix]
    faces: Bytes
    mattes: list[Mattes]
    prior: Mattes
    weights: Matrix
    outline: Matrix


def _draw_low_rank_mattes(mattes: Matrix, components: int) -> Matrix:
    """Return mattes `[n, size, size]` reconstructed from few components, in [0, 1]."""
    even, odd = split_mirror(mattes[..., None] * 2 - 1)
    of_even = principal_components(even, components)
    of_odd = principal_components(odd, components // 2, centred=True)
    shape = (mattes.shape[1], mattes.shape[2], 1)
    drawn = join_mirror(of_even.draw(of_even.project(even)), of_odd.draw(of_odd.project(odd)), shape)
    return np.clip(drawn[..., 0] / 2 + 0.5, 0, 1).astype(np.float32)


def cut_mattes(faces: Bytes, workers: Workers, progress: ProgressCallback = no_progress) -> tuple[list[Mattes], Mattes]:
    """Return the mattes of all faces, cut in two passes, and their mirror-even mean.

    The second pass starts each cut from a low-rank reconstruction of the first, which corrects most of the first's
    errors. Where most walls are plain, as in drawings, people are cut along them: tall hair and hats of drawings reach
    above any photo's, and graph cuts leave them on the wall.
    """
    count, size = faces.shape[:2]
    walls = [find_plain_wall(face) for face in faces]
    if sum(wall is not None for wall in walls) < count / 2:
        walls = [None] * count
    skin = np.zeros((count, size, size), np.float32)
    person = np.zeros_like(skin)
    skin_prior = np.broadcast_to(prior_mattes(size).skin, skin.shape)
    person_prior = np.broadcast_to(prior_mattes(size).person, skin.shape)
    for turn in (1, 2):

        def cut(i: int, skin_prior: Matrix = skin_prior, person_prior: Matrix = person_prior) -> None:
            found = cut_out(faces[i], Mattes(skin_prior[i], person_prior[i]), wall=walls[i])
            skin[i], person[i] = found.skin, found.person

        workers.map(cut, count, f"cut {turn}/2", progress)
        mean = Mattes(*(_mirror_even_mean(matte) for matte in (skin, person)))
        skin_prior = 0.6 * _draw_low_rank_mattes(skin, 12) + 0.4 * mean.skin
        person_prior = 0.6 * _draw_low_rank_mattes(person, 12) + 0.4 * mean.person
    return [Mattes(skin[i], person[i]) for i in range(count)], mean


def _mirror_even_mean(mattes: Matrix) -> Matrix:
    mean = mattes.mean(0)
    return np.asarray((mean + mean[:, ::-1]) / 2, np.float32)


def fill_unseen(broad: Matrix, seen: Matrix, components: int, weights: Matrix, rounds: int = 6) -> Matrix:
    """Return each layer filled from its own components where other layers hide it.

    Expectation maximisation for components with missing values [Roweis 1998]: foreheads under a fringe come out as
    foreheads.

    Args:
        broad: `[n, size, size, channels]`, colours where seen.
        seen: `[n, size, size, 1]`.
    """
    trust = np.clip(seen * 1.5 - 0.25, 0, 1)
    filled = np.stack([bands.fill_unseen(a, b) for a, b in zip(broad, trust, strict=True)])
    for _ in range(rounds):
        even, odd = split_mirror(filled)
        of_even = principal_components(even, components, weights=weights)
        of_odd = principal_components(odd, components // 2, weights=weights, centred=True)
        even, odd = of_even.draw(of_even.project(even)), of_odd.draw(of_odd.project(odd))
        drawn = join_mirror(even, odd, broad.shape[1:])
        filled = trust * broad + (1 - trust) * (0.7 * drawn + 0.3 * filled)
    return np.asarray(filled, np.float32)


def find_bare_forehead(broad: Matrix, seen: Matrix, weights: Matrix) -> Matrix:
    """Return the share of skin in each forehead pixel, `[n, size, size, 1]` in [0, 1]; one below the brows.

    A fringe cut as skin stains the foreheads of all faces. Pixels much darker than a forehead filled from the face
    below count as hair.
    """
    size = broad.shape[1]
    brows = int(0.37 * size)
    below = seen.copy()
    below[:, :brows] = 0
    expected = fill_unseen(broad, below, 10, weights, rounds=4)
    darker = np.maximum((expected - broad) @ bands.LUMA - 0.08, 0)[..., None]
    bare = np.exp(-((darker / 0.2) ** 2))
    bare[:, brows:] = 1
    return np.asarray(bare, np.float32)


def _crop(picture: Matrix, block: Block) -> Matrix:
    return picture[block.top : block.top + block.height, block.left : block.left + block.width]


def build_layers(
    pictures: Bytes, alignment: Alignment, workers: Workers, progress: ProgressCallback = no_progress
) -> LayeredFaces:
    """Warp, cut, fill and split all faces.

    Args:
        pictures: `[n, size, size, 3]` uint8.
        alignment: of the same pictures at half the size.
    """
    count, size = pictures.shape[:2]
    layout = block_layout(size)
    blocks = {
        name: np.empty((count, block.height, block.width, block.channels), np.float32) for name, block in layout.items()
    }
    faces = np.empty_like(pictures)
    small = np.empty((count, size // 2, size // 2, 3), np.uint8)

    def bring(i: int) -> None:
        faces[i] = warp(pictures[i], resize_field(alignment.fields[i], size))
        small[i] = cv2.resize(faces[i], (size // 2, size // 2), interpolation=cv2.INTER_AREA)
        grid = layout["field"].grid
        blocks["field"][i] = resize_field(invert(alignment.fields[i]), grid) / grid

    workers.map(bring, count, "warp", progress)
    mattes, prior = cut_mattes(small, workers, progress)
    contrast = np.array([edge_contrast(small[i], mattes[i]) for i in range(count)], np.float32)
    outline = np.clip(contrast / (np.quantile(contrast, 0.6) + 1e-6), 0, 1) ** 2
    seen = {name: np.empty((*blocks[name].shape[:3], 1), np.float32) for name in ("skin", "hair", "backdrop")}

    def split(i: int) -> None:
        places = bands.layer_supports(mattes[i], size)
        picture = bands.to_unit(faces[i])
        for name in seen:
            grid = layout[name].grid
            blocks[name][i], seen[name][i] = bands.covered_mean(picture, getattr(places, name), grid)
        edges = np.stack([signed_distance(mattes[i].skin), signed_distance(mattes[i].person)], axis=2)
        blocks["edges"][i] = bands.resize_square(edges, layout["edges"].grid)

    workers.map(split, count, "split", progress)
    bare = find_bare_forehead(blocks["skin"], seen["skin"], alignment.weights)
    seen["skin"] = seen["skin"] * bare
    for done, (name, components) in enumerate((("skin", 24), ("hair", 16), ("backdrop", 8))):
        blocks[name] = fill_unseen(blocks[name], seen[name], components, alignment.weights)
        progress("fill", done + 1, 3)
    for wall in blocks["backdrop"]:  # soft like a studio's wall, without the photos' leaves and plaid
        wall[:] = cv2.GaussianBlur(wall, (0, 0), 1.2)

    def band(i: int) -> None:
        support = bands.layer_supports(mattes[i], size).skin * bands.resize_square(bare[i, ..., 0], size)
        broad, middle, fine = bands.skin_bands(bands.to_unit(faces[i]), support, blocks["skin"][i])
        blocks["skin"][i] = broad
        blocks["skin_middle"][i] = _crop(middle, layout["skin_middle"])
        blocks["skin_fine"][i] = _crop(fine, layout["skin_fine"])

    workers.map(band, count, "bands", progress)
    weights = alignment.weights * weigh_bare_eyes(blocks["skin_middle"], alignment.weights)
    return LayeredFaces(blocks, faces, mattes, prior, weights, outline)


def weigh_bare_eyes(middle: Matrix, weights: Matrix) -> Matrix:
    """Return a weight for each face, `[n]`: small for faces with glasses.

    Few components of the middle band around the eyes draw eyes but no frames: of the 200 faces in 1,935 that they draw
    worst, most wear glasses. With full weight a ghost of them showed on samples.

    Args:
        middle: the skin_middle block of all faces.
    """
    height = middle.shape[1]
    # The band from 0.38 to 0.56 of the picture, in the block's own rows.
    top, bottom = (int((share * 32 - 3) / 28 * height) for share in (0.38, 0.56))
    rows = middle[:, top:bottom].reshape(len(middle), -1)
    few = principal_components(rows, 12, weights=weights)
    error = ((rows - few.draw(few.project(rows))) ** 2).mean(1)
    return np.asarray(1 / (1 + (error / (2 * np.median(error) + 1e-9)) ** 3), np.float32)


def extract_hair(layered: LayeredFaces, i: int) -> tuple[Matrix, Matrix]:
    """Return one face's strands `[size, size]` and the support of its hair, `[size / 4, size / 4]`."""
    size = layered.faces.shape[1]
    hard = bands.layer_supports(layered.mattes[i], size).hair
    support = np.asarray(cv2.GaussianBlur(hard, (0, 0), size / 256), np.float32)
    detail = bands.hair_detail(bands.to_unit(layered.faces[i]), support, HAIR_FLOOR)
    return detail, bands.resize_square(support, size // 4)
