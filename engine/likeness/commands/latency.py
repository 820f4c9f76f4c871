"""`likeness latency`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from likeness.errors import InputError, LikenessError
from likeness.options import QUIET, Device, Fps, OutFile, PresetName, Size, Weights, Windowed, ranged, read_named_preset
from likeness.ranges import Range

if TYPE_CHECKING:
    from likeness.tools.latency.measure import LatencyResult


def latency(
    preset: PresetName = "demo",
    *,
    output: OutFile | None = None,
    presses: Annotated[int, ranged(Range(1, 100_000), "How many presses.")] = 200,
    midi: bool = True,
    pattern: bool = False,
    windowed: Windowed = False,
    size: Size = None,
    fps: Fps | None = None,
    device: Device = "auto",
    weights: Weights | None = None,
) -> None:
    """Measure the time from a press to the frame that shows it, by OSC, the desk and MIDI from a second process.

    Parameters
    ----------
    output
        "null" or "window"; the figures for a window include the window itself.
    midi
        Measure MIDI too, where a virtual port can be opened.
    pattern
        Measure nothing, but show the flash pattern in a window, to film it together with your hand: any key, note or
        `/flash/shade` flashes.
    """
    from likeness.tools.latency.measure import FLASH, measure_midi, measure_osc, measure_page

    played, where = read_named_preset(preset), output or ("window" if pattern else "null")
    chosen = replace(QUIET, size=size, fps=fps, device=device, weights=weights)
    options = replace(chosen, outputs=[where], windowed=windowed, strict=None)
    if pattern:
        from likeness.show.show import Show

        settings = {"flash.pattern": "on"}
        with Show(played, replace(options, plugins=[FLASH], settings=settings, osc_port=9000, midi="auto")) as show:
            print(
                "Any key, note or /flash/shade flashes; the lit cell moves on with every frame. Esc ends.", flush=True
            )
            show.run()
        return
    _print_result("OSC", measure_osc(played, options, presses))
    _print_result("the desk", measure_page(played, options, presses))
    if midi:
        try:
            _print_result("MIDI", measure_midi(played, options, presses))
        except InputError as error:
            print(error)


def _print_result(name: str, ways: "LatencyResult") -> None:
    if not ways.seconds:
        raise LikenessError(f"{name}: none of {ways.lost} presses was shown; choose a smaller --size or a lower --fps")
    p50, p99 = ways.percentile(0.5), ways.percentile(0.99)
    print(
        f"{name} to picture: {p50:.1f} ms median, {p99:.1f} ms 99 %, {max(ways.seconds) * 1e3:.1f} ms worst; "
        f"{len(ways.seconds)} presses shown, {ways.lost} lost; synthesis takes {ways.synthesis_ms:.1f} ms"
    )
