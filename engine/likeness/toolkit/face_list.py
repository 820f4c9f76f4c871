"""A performer's list of faces, `7 12 anna.safetensors gallery:bert`, as latents."""

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from likeness.errors import ParamError, WeightsError
from likeness.files.paths import search_dirs, user_dir
from likeness.generator import Generator
from likeness.toolkit.latent_file import read_latent

log = logging.getLogger(__name__)

# Seeds drawn below this fit every family's random generator and are short enough to be read out to somebody.
SEED_END = 2**31
# A list longer than a keyboard is a mistake, and one of a million seeds would fill the memory.
MOST_FACES = 128
GALLERY = "gallery:"
_ITEM = re.compile(r'"([^"]*)"|([^\s,;]+)')


@dataclass(frozen=True)
class GalleryName:
    """A face in the user's own gallery, by the name that it has there."""

    name: str


def draw_seeds(seed: int, purpose: str, count: int) -> list[int]:
    """Return `count` seeds in [0, 2^31) that follow from the show's `seed`; another `purpose` has others.

    The first ones do not depend on `count`.
    """
    texts = (f"{seed} {purpose} {index}" for index in range(count))
    return [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % SEED_END for text in texts]


def parse_faces(text: str) -> list[int | Path | GalleryName]:
    """Return the seeds, files and names that `text` lists, in its order.

    Args:
        text: seeds, .safetensors files and `gallery:NAME` with spaces, commas or semicolons between; what has a space
            in it is put in quotes.

    Raises:
        ParamError: naming the first item that is none of them.
    """
    faces: list[int | Path | GalleryName] = []
    for quoted, plain in _ITEM.findall(text):
        item = quoted or plain
        # 18 digits: what a signed 64-bit seed surely holds.
        if re.fullmatch(r"[0-9]{1,18}", item):
            faces.append(int(item))
        elif item.startswith(GALLERY) and item != GALLERY:
            faces.append(GalleryName(item.removeprefix(GALLERY)))
        elif item.lower().endswith(".safetensors"):
            faces.append(Path(item).expanduser())
        else:
            raise ParamError(
                f"faces: {item!r} is no seed, .safetensors file or gallery:NAME; "
                "write them like 7 12 anna.safetensors gallery:bert"
            )
    if len(faces) > MOST_FACES:
        raise ParamError(f"faces: at most {MOST_FACES} fit, not {len(faces)}; leave some out")
    return faces


@torch.inference_mode()
def read_faces(text: str, generator: Generator) -> Tensor:
    """Return the latents `[n, num_ws, w_dim]` that `text` names, on the generator's device; n is 0 for no text.

    Opens files: not for the render thread. A file that is not there is looked for in the folders of saved faces. Of
    several faces of one name in the gallery the mean is taken: one person, or one group.

    Raises:
        ParamError: where an item is none of what a list may hold.
        WeightsError: where a file cannot be opened or a face belongs to another generator.
        GalleryError: where there is no gallery, or nobody of that name in it.
    """
    info, mean = generator.info, generator.mean
    faces = parse_faces(text)
    if not faces:
        return mean.new_empty(0, info.num_ws, info.w_dim)
    return torch.stack([_read_face(face, generator).to(mean) for face in faces])


def _read_face(face: int | Path | GalleryName, generator: Generator) -> Tensor:
    num_ws, w_dim = generator.info.num_ws, generator.info.w_dim
    if isinstance(face, int):
        return generator.sample([face])[0]
    if isinstance(face, Path):
        return read_latent(_resolve_path(face), num_ws, w_dim)
    # Few shows name a gallery, and those that do not need not load a database.
    from likeness.gallery import Gallery
    from likeness.gallery.face_types import find_outdated

    weights = generator.info.weights
    with Gallery.open(user_dir("gallery")) as gallery:
        latents = gallery.latents(face.name)
        old = [] if weights is None else find_outdated(gallery.records(face.name), weights)
    if old:
        log.warning(
            "%r in the gallery was made with other weights called %s, which may draw it otherwise; "
            "add the face again with these",
            face.name,
            old[0].weights,
        )
    fitting = [latent for latent in latents if latent.shape == (num_ws, w_dim)]
    if not fitting:
        raise WeightsError(
            f"{face.name!r} in the gallery has a latent {list(latents[0].shape)}, this generator takes "
            f"[{num_ws}, {w_dim}]; add the face again with these weights"
        )
    return torch.stack(fitting).mean(dim=0)


def _resolve_path(path: Path) -> Path:
    """Return `path`, or the saved face of that name where there is no such file."""
    if path.is_file():
        return path
    places = [folder / path for folder in reversed(search_dirs("faces"))]
    return next((place for place in places if place.is_file()), path)
