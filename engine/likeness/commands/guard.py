"""`likeness guard`."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from cyclopts import App, Parameter

from likeness.commands.play import play
from likeness.options import PresetName, ranged, read_named_preset
from likeness.ranges import Range

# Of the options of `play`, those that say where the pictures go; a simple show is played without the others.
KEPT = ("--output", "--display", "--size", "--fps", "--fit", "--device", "--osc-port", "--osc-host", "--web-port")
KEPT_FLAGS = ("--windowed", "--no-autosave", "--strict")
SECONDS = Range(1, 86_400, "seconds")
NEVER_OR_SECONDS = Range(0, 86_400, "seconds")


def guard(
    preset: PresetName = "demo",
    *options: Annotated[str, Parameter(allow_leading_hyphen=True)],
    fallback: PresetName = "demo",
    start: Annotated[float, ranged(SECONDS, "How long the first picture may take.")] = 180.0,
    silent: Annotated[float, ranged(SECONDS, "How long no new picture may come.")] = 10.0,
    still: Annotated[
        float, ranged(NEVER_OR_SECONDS, "How long a picture may stand still, be black or of one colour; 0: for ever.")
    ] = 60.0,
    spare: bool = True,
) -> None:
    """Play a preset for months: start it again whenever it dies, hangs or shows nothing.

    Three tries, then a simple show, and at last a still picture. Ctrl+C, SIGTERM or the end of the show ends it.

    Parameters
    ----------
    options
        Those of `likeness play`, such as --size 1920x1080 --display 1.
    fallback
        The preset that is played with the lightest weights where the other one does not.
    spare
        Keep a second process ready, which takes over in seconds; it holds some 300 MB.
    """
    # What is wrong now would be wrong at every start.
    App(default_command=play).parse_args([preset, *options], print_error=False, exit_on_error=False)
    for name in (preset, fallback):
        read_named_preset(name)
    from likeness.files.paths import LIGHT_WEIGHTS, user_dir
    from likeness.show.heartbeat import PICTURE_VARIABLE
    from likeness.show.signals import stop_on_signals
    from likeness.show.watch import Limits
    from likeness.tools.guard.supervisor import Plan, Supervisor

    picture = user_dir("autosave") / "last-picture.png"
    again = () if "--no-autosave" in options or "--resume" in options else ("--resume",)
    plan = Plan(
        module_command("likeness.cli"),
        ["play", preset, *options],
        ["play", preset, *options, *again],
        ["play", fallback, *kept_options(options), "--weights", LIGHT_WEIGHTS],
        still_command(options, str(picture)),
        module_command("likeness.tools.guard.spare") if spare else (),
        Limits(start, silent, still),
        {PICTURE_VARIABLE: str(picture)},
    )
    supervisor = Supervisor(plan)
    with stop_on_signals(supervisor.stop):
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
