"""Some seconds of the show, unseen: the time of a frame on this machine, and the size of a recording."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from likeness.errors import LikenessError
from likeness.files.paths import DEFAULT_WEIGHTS, LIGHT_WEIGHTS, find_weights
from likeness.generators.convert import inspect_weights
from likeness.options import DEFAULT_FPS, Options, quieten
from likeness.outputs.check_outputs import is_file
from likeness.outputs.profiles import PROFILES
from likeness.parameters.presets import Preset
from likeness.show.first_weights import measure_rate
from likeness.show.governor import find_divisor
from likeness.show.show import Show
from likeness.toolkit.priority import raised_thread
from likeness.tools.preflight.environment import check_disk, check_environment
from likeness.tools.preflight.finding import Finding, Verdict, good, less, stops, worst
from likeness.tools.preflight.leader import check_leader

# Played before anything is measured: what is allocated once is no part of the budget.
WARM_UP_S = 1.0
# Share of the pictures that are in time where a show keeps its rate.
IN_TIME = 0.98
# Share of the highest rate that is recommended: the rest is left for a busy moment.
COMFORT = 0.8


@dataclass(frozen=True)
class Trial:
    """Measurements from some seconds of the show.

    Args:
        fps: the rate that was wanted.
        pictures_per_s: new pictures; in all other frames the last one was shown again.
        p99_ms: time of a frame, from its tick until the outputs have it.
        synthesis_ms: time of the generator, median.
        plugins: cost in ms by name.
        left_out: plugins of the preset that could not be loaded.
        resolution: height of the picture in px.
        bytes_per_s: of a recording; 0 where none was made.
        weights: that would play.
        alone_per_s: pictures a second that they draw, without plugins and outputs.
        strict: whether the rate is held whatever comes of it.
        default_per_s: pictures a second that the default weights draw alone, where they were not asked for by name.
    """

    fps: float
    pictures_per_s: float
    p99_ms: float
    synthesis_ms: float
    plugins: dict[str, float]
    left_out: tuple[str, ...]
    resolution: int
    bytes_per_s: float
    weights: str = DEFAULT_WEIGHTS
    alone_per_s: float = 0.0
    strict: bool = False
    default_per_s: float | None = None


def check_show(
    preset: Preset, face: Tensor | None, options: Options, seconds: float, hours: float
) -> Iterator[Finding]:
    """Check weights, licence, environment, speed and disk, and yield what was found; with --shadow, of what it follows.

    Args:
        preset, face, options: as `Show` takes them.
        seconds: how long it is tried.
        hours: of recording that the disk should hold; 0 for none.
    """
    if options.shadow is not None:
        led = check_leader(options.shadow, options)
        yield led.finding
        if led.preset is not None:
            preset, face, options = led.preset, None, led.options
        elif not options.resume:
            # Nobody knows what it will play.
            yield from check_environment(preset, options, options.heads or 1, options.fps or DEFAULT_FPS)
            return
    fps = options.fps or preset.show.fps or DEFAULT_FPS
    files = [Path(name) for name in options.outputs if is_file(name)]
    found = list(check_weights(options.weights or preset.show.weights or DEFAULT_WEIGHTS))
    yield from found
    yield from check_environment(preset, options, options.heads or preset.show.heads or 1, fps)
    if worst(found) is Verdict.STOPS:
        return
    try:
        trial = play_trial(preset, face, options, seconds, recorded=hours > 0 or bool(files))
    except LikenessError as error:
        yield stops("show", str(error))
        return
    yield from report_trial(trial)
    if hours > 0:
        for folder in {path.parent for path in files} or {Path()}:
            yield check_disk(folder, hours, trial.bytes_per_s)


def check_weights(name: str) -> Iterator[Finding]:
    """Check that the weights can be read, and that their licence allows a paid show."""
    try:
        found = inspect_weights(find_weights(name))
    except LikenessError as error:
        yield stops("weights", str(error))
        return
    yield good("weights", f"{found.path.name}: {found.family}, {found.size_bytes / 1e6:.0f} MB, sha256 {found.sha256}")
    licence = found.licence
    if licence.paid_use:
        yield good("licence", f"{licence.name}: a paid show is allowed")
    elif licence.paid_use is None:
        yield less("licence", f"{licence.name}: whether a paid show is allowed is unknown; ask the owner")
    else:
        yield less("licence", f"{licence.name}: a paid show is not allowed")


def play_trial(preset: Preset, face: Tensor | None, options: Options, seconds: float, *, recorded: bool) -> Trial:
    """Play the show without its inputs and outputs; record it to a temporary file where `recorded`.

    Raises:
        LikenessError: where the show does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        # As it will be coded, in a container that holds it.
        film = Path(folder) / f"trial{PROFILES[options.profile or 'h264'].endings[0]}"
        outputs = [str(film)] if recorded else ["null"]
        # Strict: what the machine draws at most, from which the rate follows at which it would play.
        quiet = replace(quieten(options), outputs=outputs, audio="off", camera=None, measured=True, strict=True)
        with Show(preset, quiet, face) as show:
            first = show.first_weights
            alone_per_s = measure_rate(show.generator, show.heads) if first.per_s is None else first.per_s
            # As a show's own thread does.
            with raised_thread():
                _play(show, WARM_UP_S)
                show.loop.stats.timings.clear()
                before, began = show.loop.stats.frames - show.loop.stats.repeated, time.monotonic()
                _play(show, seconds)
            drawn = show.loop.stats.frames - show.loop.stats.repeated - before
            pictures_per_s = drawn / (time.monotonic() - began)
            numbers, at = show.status(), show.loop.stats.at
            wanted = (*preset.show.plugins, *(path.stem for path in options.plugins))
            costs = {slot.name: slot.cost_ms for slot in show.host.rack}
            resolution = show.loop.picture.shape[0]
        size = film.stat().st_size if recorded else 0
    frame = numbers["frame_ms"]
    left_out = tuple(name for name in wanted if name not in costs)
    synthesis = numbers["synthesis_ms"]["p50"]
    return Trial(
        show.fps,
        pictures_per_s,
        frame["p99"],
        synthesis,
        costs,
        left_out,
        resolution,
        size / at,
        first.name,
        alone_per_s,
        bool(preset.show.strict if options.strict is None else options.strict),
        first.default_per_s,
    )


def report_trial(trial: Trial) -> Iterator[Finding]:
    """Judge whether the machine keeps up."""
    yield _report_weights(trial)
    if trial.left_out:
        yield less(
            "plugins", f"{', '.join(trial.left_out)} cannot be loaded and will be left out; the lines above say why"
        )
    else:
        costs = ", ".join(f"{name} {ms:.1f} ms" for name, ms in trial.plugins.items())
        yield good("plugins", costs or "none")
    budget, taken = 1e3 / trial.fps, trial.synthesis_ms + sum(trial.plugins.values())
    text = (
        f"{trial.resolution} px: {taken:.1f} ms for generator and plugins, 99 % of the frames within "
        f"{trial.p99_ms:.1f} ms, {budget:.1f} ms are allowed"
    )
    if trial.pictures_per_s < IN_TIME * trial.fps:
        rate = max(int(COMFORT * trial.pictures_per_s), 1)
        reached = f"{trial.pictures_per_s:.0f} of {trial.fps:g} frames per second"
        governed = trial.fps / find_divisor(trial.fps, 1 / max(trial.pictures_per_s, 1e-9))
        plays = f"so the show plays an even {governed:.4g}"
        if trial.strict:
            plays = "so --strict plays them unevenly"
        elif trial.pictures_per_s < IN_TIME * governed:
            plays = "too few for an even rate, so pictures are shown more than once"
        yield less("frames", f"{reached}, {plays}; {text}; a smaller --size helps, or --fps {rate}")
    elif trial.p99_ms > budget:
        yield less("frames", f"{text}: now and then one is late; a smaller --size or a lower --fps gives room")
    else:
        yield good("frames", f"{trial.fps:g} frames per second; {text}")


def _report_weights(trial: Trial) -> Finding:
    """Say which weights would play, and how many pictures a second the generator draws alone."""
    alone = f"{trial.weights} draws {trial.alone_per_s:.0f} pictures a second here, alone"
    if trial.default_per_s is not None and trial.weights == LIGHT_WEIGHTS:
        slow = f"{DEFAULT_WEIGHTS} would draw {trial.default_per_s:.2g} and is left out"
        return less("machine", f"{alone}; {slow}; --weights {DEFAULT_WEIGHTS} insists")
    return good("machine", alone)


def _play(show: Show, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        show.loop.frame()
