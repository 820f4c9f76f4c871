"""`likeness guard PRESET`."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.guard.options import DEFAULTS, GuardOptions, check
from likeness.options import PresetName
from likeness.tools.guard.schedule import parse_schedule

# Of the options of `play`, those that say where the pictures go; a simple show is played without the others.
KEPT = ("--output", "--display", "--size", "--fps", "--fit", "--device", "--osc-port", "--osc-host", "--web-port")
KEPT_FLAGS = ("--windowed", "--no-autosave", "--strict")


def guard(
    preset: PresetName = "demo",
    *options: Annotated[str, Parameter(allow_leading_hyphen=True)],
    chosen: GuardOptions = DEFAULTS,
) -> None:
    """Play a preset for months: start it again whenever it dies, hangs or shows nothing.

    Three tries, then a simple show, and at last a still picture. Ctrl+C, SIGTERM or the end of the show ends it.

    Parameters
    ----------
    options
        Those of `likeness play`, such as --size 1920x1080 --display 1.
    """
    check(preset, options, chosen)
    from likeness.files.paths import LIGHT_WEIGHTS, user_dir
    from likeness.show.heartbeat import PICTURE_VARIABLE
    from likeness.show.signals import stop_on_signals
    from likeness.show.watch import Limits
    from likeness.tools.guard.health_server import serving_health
    from likeness.tools.guard.log_file import logging_to
    from likeness.tools.guard.state_file import GuardState
    from likeness.tools.guard.supervisor import Plan, Supervisor

    picture = user_dir("autosave") / "last-picture.png"
    # With tracebacks: nobody sits before a guard's log while it is written.
    show = ["play", preset, *options, "-v"]
    again = list(show)
    if not {"--no-autosave", "--resume"} & {*options}:
        again.append("--resume")
    plan = Plan(
        module_command("likeness.cli"),
        show,
        again,
        ["play", chosen.fallback, *kept_options(options), "--weights", LIGHT_WEIGHTS, "-v"],
        still_command(options, str(picture)),
        # The arguments are not read; `ps` shows them, and what it will play.
        module_command("likeness.tools.guard.spare", *again) if chosen.spare else (),
        Limits(chosen.start, chosen.silent, chosen.still),
        {PICTURE_VARIABLE: str(picture)},
        None if chosen.schedule is None else parse_schedule(chosen.schedule),
        black=still_command(options, ""),
    )
    supervisor = Supervisor(plan)
    supervisor.report.keep = GuardState(preset, chosen.log).note
    health = serving_health(chosen.health_port, supervisor.report.answer)
    with logging_to(chosen.log), health, stop_on_signals(supervisor.stop):
        status = supervisor.run()
    sys.exit(status)


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module in this Python."""
    return [sys.executable, "-m", module, *arguments]


def still_command(options: Sequence[str], picture: str) -> list[str]:
    """Return the command that shows `picture` where the show's window was; empty where it fills no display."""
    outputs = values_of("--output", options)
    if "--windowed" in options or (outputs and "window" not in outputs):
        return []
    display = next(iter(values_of("--display", options)), "0")
    return module_command("likeness.tools.guard.still", picture, display)


def kept_options(options: Sequence[str]) -> list[str]:
    """Return what of the options of `play` says where the pictures go."""
    kept: list[str] = []
    for word, value in pairwise([*options, ""]):
        if word in KEPT_FLAGS or (_name(word) in KEPT and "=" in word):
            kept.append(word)
        elif word in KEPT:
            kept += [word, value]
    return kept


def values_of(name: str, options: Sequence[str]) -> list[str]:
    """Return what an option was given, each time: `--name value` or `--name=value`."""
    return [word.partition("=")[2] or value for word, value in pairwise([*options, ""]) if _name(word) == name]


def _name(word: str) -> str:
    return word.partition("=")[0]
