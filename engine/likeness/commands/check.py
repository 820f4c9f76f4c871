"""`likeness check`: can the show start on this machine? It takes every option of `play`, see `likeness.options`."""

import sys
from typing import Annotated

from likeness.commands.play import read_played
from likeness.options import DEFAULTS, Options, PresetName, ranged
from likeness.ranges import Range

TRIAL_S = Range(0, 3600, "seconds")
WORDS = ("[green]good[/]", "[yellow]less[/]", "[red]stops[/]")
VERDICTS = (
    "The show can start with everything that you asked for.",
    "The show can start; what is marked as less will be missing or slower.",
    "The show cannot start as you asked for it; fix what is marked as stops first.",
)


def check(
    preset: PresetName = "demo",
    *,
    seconds: Annotated[float, ranged(TRIAL_S, "How long the show is tried, unseen, to time a frame.")] = 3.0,
    hours: Annotated[float, ranged(Range(0, 1000), "Hours of recording that the disk should have room for.")] = 0.0,
    options: Options = DEFAULTS,
) -> None:
    """Check before a night whether a show can start on this machine, and what will be less than you asked for.

    Give it the options that you will give to `play`. The exit status is 0 where all is good, 1 where the show starts
    and something is less than asked for, and 2 where it would not start.
    """
    from rich.console import Console
    from rich.table import Column, Table

    from likeness.tools.preflight.finding import worst
    from likeness.tools.preflight.trial import check_show

    findings = list(check_show(*read_played(preset, options), options, seconds, hours))
    table = Table("", "", Column(overflow="fold"), show_header=False, box=None, padding=(0, 2, 0, 0))
    for finding in findings:
        table.add_row(finding.subject, WORDS[finding.verdict], finding.text)
    console = Console(highlight=False)
    console.print(table)
    verdict = worst(findings)
    console.print(VERDICTS[verdict])
    sys.exit(int(verdict))
