"""Plays the show for some seconds, unseen: what a frame takes on this machine, and what a recording weighs."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from likeness.errors import LikenessError
from likeness.generators.convert import info
from likeness.options import Options
from likeness.parameters.presets import Preset
from likeness.paths import DEFAULT_WEIGHTS, find_weights
from likeness.show.show import DEFAULT_FPS, Show
from likeness.tools.preflight.environment import check_environment, disk
from likeness.tools.preflight.finding import Finding, Verdict, good, less, stops, worst

# Before the first frame counts: what is allocated once is no part of the budget.
WARM_UP_S = 1.0
# So many of the pictures are in time where a show plays at its rate.
IN_TIME = 0.98
# Of what the machine can just do: the rest is left for a busy moment.
COMFORT = 0.8


@dataclass(frozen=True)
class Trial:
    """What some seconds of the show were like.

    Args:
        fps: that was wanted.
        pictures_per_s: that came; the rest were the picture before, shown again.
        p99_ms: of a frame, from its tick until the outputs have it.
        synthesis_ms: the generator's part, median.
        plugins: cost in ms by name.
        left_out: plugins of the preset that could not be loaded.
        resolution: height of the picture in px.
        bytes_per_s: of a recording; 0 where none was made.
    """

    fps: float
    pictures_per_s: float
    p99_ms: float
    synthesis_ms: float
    plugins: dict[str, float]
    left_out: tuple[str, ...]
    resolution: int
    bytes_per_s: float


def rehearse(preset: Preset, options: Options, seconds: float, hours: float) -> Iterator[Finding]:
    """Yield all there is to say before a show.

    Args:
        preset, options: of the show.
        seconds: how long it is tried.
        hours: of recording that the disk should hold; 0 asks nothing.
    """
    fps = options.fps or preset.show.fps or DEFAULT_FPS
    files = [Path(name) for name in options.outputs if name not in ("window", "null")]
    found = list(weights(options.weights or preset.show.weights or DEFAULT_WEIGHTS))
    yield from found
    yield from check_environment(preset, options, fps)
    if worst(found) is Verdict.STOPS:
        return
    try:
        trial = play_trial(preset, options, seconds, recorded=hours > 0 or bool(files))
    except LikenessError as error:
        yield stops("show", str(error))
        return
    yield from report_trial(trial)
    if hours > 0:
        for folder in {path.parent for path in files} or {Path()}:
            yield disk(folder, hours, trial.bytes_per_s)


def weights(name: str) -> Iterator[Finding]:
    """Yield what the weights are, whether they are whole, and whether a paid night is allowed."""
    try:
        found = info(find_weights(name))
    except LikenessError as error:
        yield stops("weights", str(error))
        return
    yield good("weights", f"{found.path.name}: {found.family}, {found.size_bytes / 1e6:.0f} MB, sha256 {found.sha256}")
    licence = found.licence
    if licence.paid_use:
        yield good("licence", f"{licence.name}: a paid night is allowed")
    elif licence.paid_use is None:
        yield less("licence", f"{licence.name}: nobody has said whether a paid night is allowed; ask the owner")
    else:
        yield less("licence", f"{licence.name}: a paid night is not allowed")


def play_trial(preset: Preset, options: Options, seconds: float, *, recorded: bool) -> Trial:
    """Play the show, unseen and unheard, and record it where that is asked for.

    Raises:
        LikenessError: where the show does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "trial.mp4"
        quiet = replace(
            options,
            outputs=[str(film)] if recorded else ["null"],
            seconds=None,
            osc_port=0,
            oscquery_port=0,
            midi="off",
            audio="off",
            camera=None,
            link=False,
            watch=False,
            autosave=False,
        )
        with Show(preset, quiet) as show:
            _play(show, WARM_UP_S)
            show.loop.timings.clear()
            before, began = show.loop.frames - show.loop.repeated, time.monotonic()
            _play(show, seconds)
            drawn = show.loop.frames - show.loop.repeated - before
            pictures_per_s = drawn / (time.monotonic() - began)
            numbers, at = show.status(), show.loop.at
            asked = (*preset.show.plugins, *(path.stem for path in options.plugins))
            there = {slot.name: slot.cost_ms for slot in show.host.rack}
            resolution = show.loop.picture.shape[0]
        size = film.stat().st_size if recorded else 0
    frame = numbers["frame_ms"]
    left_out = tuple(name for name in asked if name not in there)
    synthesis = numbers["synthesis_ms"]["p50"]
    return Trial(show.fps, pictures_per_s, frame["p99"], synthesis, there, left_out, resolution, size / at)


def report_trial(trial: Trial) -> Iterator[Finding]:
    """Yield whether the machine keeps up."""
    if trial.left_out:
        yield less("plugins", f"{', '.join(trial.left_out)} cannot be loaded and will be left out; the log says why")
    else:
        costs = ", ".join(f"{name} {ms:.1f} ms" for name, ms in trial.plugins.items())
        yield good("plugins", costs or "none")
    budget, taken = 1e3 / trial.fps, trial.synthesis_ms + sum(trial.plugins.values())
    said = (
        f"{trial.resolution} px: {taken:.1f} ms for generator and plugins, 99 in 100 frames within "
        f"{trial.p99_ms:.1f} ms, {budget:.1f} ms are allowed"
    )
    if trial.pictures_per_s < IN_TIME * trial.fps:
        rate = max(int(COMFORT * trial.pictures_per_s), 1)
        came = f"{trial.pictures_per_s:.0f} of {trial.fps:g} pictures a second"
        yield less("frames", f"{came}; {said}; a smaller --size helps, or --fps {rate}")
    elif trial.p99_ms > budget:
        yield less("frames", f"{said}: now and then one is late; a smaller --size or a lower --fps gives room")
    else:
        yield good("frames", f"{trial.fps:g} pictures a second; {said}")


def _play(show: Show, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        show.loop.frame()
