"""`likeness latency`."""

from dataclasses import replace
from typing import TYPE_CHECKING

from likeness.errors import InputError, LikenessError
from likeness.options import QUIET, Device, Fps, OutFile, Size, Weights, Windowed, read_named_preset

if TYPE_CHECKING:
    from likeness.tools.latency.measure import LatencyResult


def latency(
    preset: str = "demo",
    *,
    output: OutFile | None = None,
    presses: int = 200,
    midi: bool = True,
    pattern: bool = False,
    windowed: Windowed = False,
    size: Size = None,
    fps: Fps | None = None,
    device: Device = "auto",
    weights: Weights | None = None,
) -> None:
    """Measure how long a press takes to the frame that shows it, by OSC and MIDI from a second process.

    Parameters
    ----------
    preset
        What plays meanwhile: a preset's name, or a .toml file.
    output
        "null" or "window"; with a window, its part of the way is in the figures.
    presses
        How many.
    midi
        Measure MIDI too, where a virtual port can be opened.
    pattern
        Measure nothing and show the flash pattern in a window, to be filmed with your hand in the picture: any key,
        note or `/flash/shade` flashes.
    """
    from likeness.tools.latency.measure import FLASH, measure_midi, measure_osc

    if presses < 1:
        raise LikenessError("--presses begins at 1")
    played, where = read_named_preset(preset), output or ("window" if pattern else "null")
    options = replace(QUIET, outputs=[where], windowed=windowed, size=size, fps=fps, device=device, weights=weights)
    if pattern:
        from likeness.show.show import Show

        settings = {"flash.pattern": "on"}
        with Show(played, replace(options, plugins=[FLASH], settings=settings, osc_port=9000, midi="auto")) as show:
            print(
                "Any key, note or /flash/shade flashes; the lit cell moves on with every frame. Esc ends.", flush=True
            )
            show.run()
        return
    _tell("OSC", measure_osc(played, options, presses))
    if midi:
        try:
            _tell("MIDI", measure_midi(played, options, presses))
        except InputError as error:
            print(error)


def _tell(name: str, ways: "LatencyResult") -> None:
    if not ways.seconds:
        raise LikenessError(f"{name}: none of {ways.lost} presses was seen; choose a smaller --size or a lower --fps")
    p50, p99 = ways.percentile(0.5), ways.percentile(0.99)
    print(
        f"{name} to picture: {p50:.1f} ms median, {p99:.1f} ms 99 %, {max(ways.seconds) * 1e3:.1f} ms worst; "
        f"{len(ways.seconds)} presses seen, {ways.lost} not; synthesis takes {ways.synthesis_ms:.1f} ms"
    )
