"""A performer's list of faces, `7 12 anna.safetensors`, as latents."""

import hashlib
import re
from pathlib import Path

import torch
from torch import Tensor

from likeness.errors import ParamError
from likeness.generator import Generator
from likeness.latent_file import read_latent

# Seeds drawn below this fit every family's random generator and are short enough to be read out to somebody.
SEED_END = 2**31
# A list longer than a keyboard is a mistake, and one of a million seeds would fill the memory.
MOST_FACES = 128
_ITEM = re.compile(r'"([^"]*)"|([^\s,;]+)')


def draw_seeds(seed: int, purpose: str, count: int) -> list[int]:
    """Return `count` seeds in [0, 2^31) that follow from the show's `seed`; another `purpose` has others.

    The first ones do not depend on `count`.
    """
    texts = (f"{seed} {purpose} {index}" for index in range(count))
    return [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % SEED_END for text in texts]


def parse_faces(text: str) -> list[int | Path]:
    """Return the seeds and files that `text` names, in its order.

    Args:
        text: seeds and .safetensors files with spaces, commas or semicolons between; a path with a space in quotes.

    Raises:
        ParamError: naming the first item that is neither.
    """
    faces: list[int | Path] = []
    for quoted, plain in _ITEM.findall(text):
        item = quoted or plain
        # 18 digits: what a signed 64-bit seed surely holds.
        if re.fullmatch(r"[0-9]{1,18}", item):
            faces.append(int(item))
        elif item.endswith(".safetensors"):
            faces.append(Path(item).expanduser())
        else:
            raise ParamError(
                f"faces: {item!r} is neither a seed nor a .safetensors file; write them like 7 12 anna.safetensors"
            )
    if len(faces) > MOST_FACES:
        raise ParamError(f"faces: at most {MOST_FACES} fit, not {len(faces)}; leave some out")
    return faces


@torch.inference_mode()
def read_faces(text: str, generator: Generator) -> Tensor:
    """Return the latents `[n, num_ws, w_dim]` that `text` names, on the generator's device; n is 0 for no text.

    Opens files: not for the render thread.

    Raises:
        ParamError: where an item is neither a seed nor a file.
        WeightsError: where a file cannot be opened or fits another generator.
    """
    info, mean = generator.info, generator.mean
    faces = parse_faces(text)
    if not faces:
        return mean.new_empty(0, info.num_ws, info.w_dim)
    rows = [
        generator.sample([face])[0] if isinstance(face, int) else read_latent(face, info.num_ws, info.w_dim).to(mean)
        for face in faces
    ]
    return torch.stack(rows)
