"""`likeness check`."""

import sys
from typing import Literal

from likeness.commands.options import (
    Audio,
    Device,
    Displays,
    Fps,
    Midi,
    Outputs,
    Plugins,
    PresetName,
    Size,
    Weights,
    parse_size,
    read_named_preset,
)

WORDS = ("[green]good[/]", "[yellow]less[/]", "[red]stops[/]")
VERDICTS = (
    "The show can start, and nothing of it will be less than asked for.",
    "The show can start; what is marked as less will be missing or slower.",
    "The show cannot start before what stops it is mended.",
)


def check(
    preset: PresetName = "demo",
    *,
    output: Outputs | None = None,
    seconds: float = 3.0,
    hours: float = 0.0,
    display: Displays | None = None,
    size: Size | None = None,
    fps: Fps | None = None,
    device: Device = "auto",
    plugin: Plugins | None = None,
    osc_port: int = 9000,
    osc_host: str = "127.0.0.1",
    oscquery_port: int = 0,
    midi: Midi = "auto",
    audio: Audio = "off",
    camera: str | None = None,
    link: bool = False,
    weights: Weights | None = None,
    backend: Literal["auto", "eager", "compile", "openvino"] = "auto",
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
) -> None:
    """Look before a night whether a show can start on this machine, and what of it will be less than asked for.

    Give it what you will give to `play`. The exit status is 0 where all is good, 1 where the show starts and something
    is less than asked for, and 2 where it would not start.

    Parameters
    ----------
    output
        "window", "null", or a file; repeat it for more.
    seconds
        How long the show is tried, unseen, to see what a frame takes.
    hours
        Of recording that the disk should have room for.
    display
        Which display, from 0; repeat it for more heads.
    osc_port
        UDP port to hear OSC on; 0 for none.
    osc_host
        Address to hear OSC on.
    oscquery_port
        TCP port of OSCQuery and `/status`; 0 for none.
    camera
        A camera's number from 0, a video, a photo, a folder of photos, or a stream's address.
    link
        Whether Ableton Link is wanted.
    backend
        What draws the network.
    precision
        The numbers it is drawn in.
    """
    from rich.console import Console
    from rich.table import Column, Table

    from likeness.options import Options
    from likeness.tools.preflight.finding import worst
    from likeness.tools.preflight.trial import rehearse

    played = read_named_preset(preset)
    options = Options(
        outputs=output or ["window"],
        displays=display or (0,),
        size=parse_size(size),
        fps=fps,
        device=device,
        plugins=plugin or [],
        osc_port=osc_port,
        osc_host=osc_host,
        oscquery_port=oscquery_port,
        midi=midi,
        audio=audio,
        camera=camera,
        link=link,
        weights=weights,
        backend=backend,
        precision=precision,
    )
    findings = list(rehearse(played, options, seconds, hours))
    table = Table("", "", Column(overflow="fold"), show_header=False, box=None, padding=(0, 2, 0, 0))
    for finding in findings:
        table.add_row(finding.subject, WORDS[finding.verdict], finding.said)
    console = Console(highlight=False)
    console.print(table)
    verdict = worst(findings)
    console.print(VERDICTS[verdict])
    sys.exit(int(verdict))
