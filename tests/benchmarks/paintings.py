"""Count the faces that are found in photos turned into paintings and drawings by OpenCV's filters.

    python tests/benchmarks/paintings.py FOLDER --count 12

FOLDER holds square pictures of one face each. Each is laid on a grey canvas and filtered; a face counts as found where
the middle of its box lies in the middle third of the picture.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from likeness.faces.detect import Detector, Face
from likeness.faces.painting import find_painted_faces
from likeness.faces.photo import Photo, read_photo

SIDE, BORDER = 400, 150


def draw_pencil(picture: Photo) -> Photo:
    grey, _ = cv2.pencilSketch(picture, sigma_s=60, sigma_r=0.07, shade_factor=0.04)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def draw_lines(picture: Photo) -> Photo:
    return np.asarray(255 - cv2.Canny(picture, 60, 140)[..., None].repeat(3, axis=2), np.uint8)


STYLES: dict[str, Callable[[Photo], Photo]] = {
    "as it is": lambda picture: picture,
    "brush work": lambda picture: np.asarray(cv2.stylization(picture, sigma_s=60, sigma_r=0.6), np.uint8),
    "oil, eight levels": lambda picture: np.asarray(cv2.medianBlur(picture, 13) // 32 * 32 + 16, np.uint8),
    "pencil": draw_pencil,
    "lines": draw_lines,
}


def in_place(faces: list[Face], side: int) -> bool:
    """Return whether the biggest face's middle lies in the middle third."""
    if not faces:
        return False
    left, top, right, bottom = faces[0].box
    return all(side / 3 < middle < 2 * side / 3 for middle in ((left + right) / 2, (top + bottom) / 2))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=12)
    wanted = parser.parse_args()
    detector = Detector()
    files = sorted(wanted.folder.iterdir())[: wanted.count]
    print("| picture | found at once | found in calmer copies | not found, or elsewhere |")
    print("| --- | --- | --- | --- |")
    for style, change in STYLES.items():
        at_once = calmer = 0
        for file in files:
            photo = np.asarray(cv2.resize(read_photo(file), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
            canvas = cv2.copyMakeBorder(photo, *(BORDER,) * 4, cv2.BORDER_CONSTANT, value=(128, 128, 128))
            faces, how = find_painted_faces(change(np.asarray(canvas, np.uint8)), detector)
            found = in_place(faces, SIDE + 2 * BORDER)
            at_once += found and not how
            calmer += found and bool(how)
        print(f"| {style} | {at_once} | {calmer} | {len(files) - at_once - calmer} |", flush=True)


if __name__ == "__main__":
    main()
