"""From a face to the picture that it leads: how late, how sure, and what it costs beside the show.

Draws a film of a composite's face whose jaw opens and shuts at known times, plays it live as a camera, and compares how
dark the mouth is in the camera's pictures, as they come, with the show's, as they go out: what a camera, its cable
and a display add comes on top. Prints milliseconds, medians over the jaw's ways.

    python tests/benchmarks/puppet.py                  # with the face mesh of ~/.likeness/landmarks
    python tests/benchmarks/puppet.py --sheet led.png  # and pictures: the film above, who is led below
"""

import argparse
import math
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np
import torch

from likeness import open_generator
from likeness.files.paths import find_mouth, find_weights
from likeness.inputs.camera.input import CameraInput
from likeness.options import QUIET, read_named_preset
from likeness.picture import to_levels
from likeness.show.show import Show
from likeness.toolkit.mouth import open_mouth
from likeness.toolkit.puppet.face_finder import FaceFinder
from likeness.toolkit.puppet.mesh_file import find_mesh_file

FILM_FPS, PERIOD_S, WARM_UP_S = 30, 1.6, 6.0
# A film's jaw opens in so many seconds, stays, and shuts.
OPENS_S, STAYS_S = 0.15, 0.5
SIDE, WIDTH, HEIGHT = 400, 640, 480
# Of a face of 256 px: where it is dark between open lips.
MOUTH = (slice(196, 210), slice(118, 138))


def jaw_at(seconds: float) -> float:
    """Return how far the film's jaw is open, in [0, 1]; after 2 s of rest."""
    at = (seconds - 2.0) % PERIOD_S if seconds >= 2.0 else PERIOD_S
    part = max(0.0, min(1.0, at / OPENS_S, (2 * OPENS_S + STAYS_S - at) / OPENS_S))
    return part * part * (3 - 2 * part)


def draw_film(path: Path, seconds: float, seed: int) -> None:
    """Write the film, 640 x 480 at 30 pictures a second."""
    generator: Any = open_generator(find_weights("faces-256"))
    file = find_mouth(generator.info.weights)
    assert file is not None
    mouth = open_mouth(file, torch.device("cpu"))
    with torch.inference_mode(), av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FILM_FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        image = generator.synthesize(generator.sample([seed]) * 0.75 + 0.25 * generator.mean)
        for index in range(round(seconds * FILM_FPS)):
            jaw = 1.7 * jaw_at(index / FILM_FPS)
            moved = mouth.draw(image, generator.warp, {"jaw": jaw}, {"fall": 13.5 * jaw, "teeth": 0.0})
            face = np.ascontiguousarray(to_levels(moved)[0].permute(1, 2, 0).numpy())
            picture = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
            top, left = (HEIGHT - SIDE) // 2, (WIDTH - SIDE) // 2
            picture[top : top + SIDE, left : left + SIDE] = cv2.resize(face, (SIDE, SIDE))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def darkness(picture: np.ndarray) -> float:
    """Return how dark it is where lips open, of a square picture of a face."""
    scale = len(picture) / 256
    rows, columns = (slice(round(part.start * scale), round(part.stop * scale)) for part in MOUTH)
    return 255.0 - float(picture[rows, columns].mean())


def crossings(samples: list[tuple[float, float]], since: float) -> list[tuple[float, bool]]:
    """Return when the darkness crosses its middle, and whether upward."""
    times, values = np.array(samples).T
    middle = (np.percentile(values, 10) + np.percentile(values, 90)) / 2
    found = []
    for index in range(1, len(values)):
        before, now = values[index - 1], values[index]
        if times[index] > since and (before - middle) * (now - middle) < 0:
            part = (middle - before) / (now - before)
            found.append((float(times[index - 1] + part * (times[index] - times[index - 1])), bool(now > before)))
    return found


def play(film: Path, seconds: float, fps: float, weights: str) -> tuple[list[Any], list[Any], Show, list[Any]]:
    """Play the film as a camera; return the darkness of its pictures and of the show's, and pictures of both."""
    seen: list[tuple[float, float]] = []
    drawn: list[tuple[float, float]] = []
    sheet: list[tuple[float, np.ndarray, bool]] = []
    newest = CameraInput.newest

    def watch(camera: CameraInput) -> Any:
        image = newest(camera)
        if image is not None:
            top, left = (HEIGHT - SIDE) // 2, (WIDTH - SIDE) // 2
            face = image.picture[top : top + SIDE, left : left + SIDE]
            seen.append((image.at, darkness(face)))
            sheet.append((image.at, face, True))
        return image

    CameraInput.newest = watch  # type: ignore[method-assign]  # this program's own
    preset = read_named_preset("puppet")
    options = {**vars(QUIET), "camera": str(film), "size": (256, 256), "fps": fps, "weights": weights}
    with Show(preset, type(QUIET)(**options)) as show:
        began, last = time.monotonic(), None
        while time.monotonic() - began < seconds:
            show.loop.frame()
            if show.loop.picture is not last:
                last = show.loop.picture
                drawn.append((time.monotonic(), darkness(last)))
                sheet.append((drawn[-1][0], last, False))
    return seen, drawn, show, sheet


def write_sheet(path: Path, sheet: list[Any], since: float) -> None:
    """Write what was seen and what was drawn, at the same moments, a film picture apart."""
    begins = next(at for at, up in crossings([(at, darkness(each)) for at, each, led in sheet if led], since) if up)
    columns = []
    for step in range(12):
        at = begins - 0.1 + step / FILM_FPS
        rows = [min((e for e in sheet if e[2] is led and e[0] <= at), key=lambda e: at - e[0]) for led in (True, False)]
        columns.append(np.vstack([cv2.resize(each[1], (160, 160), interpolation=cv2.INTER_AREA) for each in rows]))
    cv2.imwrite(str(path), np.hstack(columns)[..., ::-1])


def measure_cost(film: Path, mesh: Path | None) -> float:
    """Return the milliseconds of a processor for a picture, in the median."""
    torch.set_num_threads(1)
    finder, costs = FaceFinder(mesh), []
    with av.open(str(film)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            began = time.thread_time()
            finder.read(picture, index / FILM_FPS)
            costs.append((time.thread_time() - began) * 1e3)
            if index == 60:
                break
    return median(costs[5:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--weights", default="composite-256")
    parser.add_argument("--face", type=int, default=0, help="seed of the face in the film")
    parser.add_argument("--sheet", type=Path)
    wanted = parser.parse_args()
    mesh = find_mesh_file()
    if mesh is None:
        parser.exit(2, "there is no face mesh in ~/.likeness/landmarks; docs/puppet.md says how to fetch one\n")
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        draw_film(film, 2.0 + PERIOD_S * math.ceil(wanted.seconds / PERIOD_S), wanted.face)
        seen, drawn, show, sheet = play(film, wanted.seconds, wanted.fps, wanted.weights)
        since = seen[0][0] + WARM_UP_S
        led = crossings(drawn, since)
        late = {True: [], False: []}  # type: dict[bool, list[float]]
        missed = 0
        for at, up in crossings(seen, since):
            after = [there - at for there, way in led if way is up and 0 < there - at < PERIOD_S / 2]
            if after:
                late[up].append(after[0] * 1e3)
            else:
                missed += 1
        print(f"{wanted.weights}, {wanted.fps:.0f} frames a second wanted, a film of {FILM_FPS} pictures a second")
        print(f"  opening: {median(late[True]):4.0f} ms late, at most {max(late[True]):4.0f}, of {len(late[True])}")
        print(f"  shutting: {median(late[False]):3.0f} ms late, at most {max(late[False]):4.0f}, of {len(late[False])}")
        print(f"  not followed: {missed}")
        print(f"  frames: {show.loop.stats.frames}, of which repeats: {show.loop.stats.repeated}")
        print(f"  a picture: {measure_cost(film, mesh):.0f} ms with the mesh, {measure_cost(film, None):.0f} without")
        if wanted.sheet:
            write_sheet(wanted.sheet, sheet, since)


if __name__ == "__main__":
    main()
