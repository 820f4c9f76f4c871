"""Synthetic visitors for a try: faces drawn from weights, sent as phones send photos."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Sequence

import cv2
import torch

from likeness import open_generator
from likeness.audience.phone import send_photo
from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
from likeness.latent import truncate
from likeness.picture import Picture, to_picture

log = logging.getLogger(__name__)

# The faces of these seeds are found by the detector and differ in age, skin and hair.
FIRST_SEED = 2000
PSI = 0.7
PAUSE_S = 1.0
# A machine that has just started everything is busy for a while.
TRIES = 30
PHOTO_SIDE = 768


def draw_visitors(count: int) -> Iterator[bytes]:
    """Yield photos of drawn faces, as JPEG."""
    generator = open_generator(find_weights(DEFAULT_WEIGHTS))
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        with torch.inference_mode():
            latent = truncate(generator.sample([seed]), generator.mean, PSI)
            face = to_picture(generator.synthesize(latent))
        yield encode_photo(face)


def encode_photo(face: Picture) -> bytes:
    """Return a face as the JPEG of a photo."""
    photo = cv2.resize(face, (PHOTO_SIDE, PHOTO_SIDE), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))[1].tobytes()


def main(arguments: Sequence[str]) -> None:
    """Send so many visitors to a server: `URL COUNT`."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    url, count = arguments
    for number, photo in enumerate(draw_visitors(int(count))):
        try:
            send_photo(url, photo, stage=number % 4 != 3, language=("en", "nl", "de")[number % 3], tries=TRIES)
        except OSError as error:
            log.warning("a synthetic visitor was not let in: %s", error)
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main(sys.argv[1:])
