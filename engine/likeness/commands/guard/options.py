"""Options of `likeness guard` and of what it installs, beside those of `likeness play`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from likeness import ranges
from likeness.commands.play import play
from likeness.errors import InputError
from likeness.options import PresetName, ranged, read_named_preset
from likeness.ranges import Range
from likeness.tools.guard.schedule import parse_schedule

SECONDS = Range(1, 86_400, "seconds")
NEVER_OR_SECONDS = Range(0, 86_400, "seconds")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class GuardOptions:
    """The options of a guard.

    Parameters
    ----------
    fallback
        The preset that is played with the lightest weights where the other one does not.
    spare
        Keep a second process ready, which takes over in seconds; it holds some 300 MB.
    schedule
        When it plays, such as "10:00-18:00, dim after 17:30" or "tue-fri 10:00-18:00; sat-sun 11:00-20:00"; it is dark
        at other times. Without it, always.
    log
        A file for all that is said, instead of this terminal; five of 10 MB are kept.
    """

    fallback: PresetName = "demo"
    start: Annotated[float, ranged(SECONDS, "How long the first picture may take.")] = 180.0
    silent: Annotated[float, ranged(SECONDS, "How long no new picture may come.")] = 10.0
    still: Annotated[
        float, ranged(NEVER_OR_SECONDS, "How long a picture may stand still, be black or of one colour; 0: for ever.")
    ] = 60.0
    spare: bool = True
    schedule: str | None = None
    health_port: Annotated[
        int, ranged(ranges.PORT, "TCP port on which this machine alone may ask for `/health`; 0 for none.")
    ] = 0
    log: Path | None = None


DEFAULTS = GuardOptions()


def check(preset: str, options: Sequence[str], chosen: GuardOptions) -> None:
    """Refuse now what would be wrong at every start.

    Raises:
        LikenessError, CycloptsError: naming it.
    """
    for name in (preset, chosen.fallback):
        read_named_preset(name)
    if chosen.schedule is not None:
        parse_schedule(chosen.schedule)
    given = {word.partition("=")[0] for word in options}
    if "--shadow" in given and "--resume" not in given:
        raise InputError(
            "a shadow under a guard needs --resume, too: what it plays where neither machine does is its own last show"
        )
    App(default_command=play).parse_args([preset, *options], print_error=False, exit_on_error=False)


def format_options(chosen: GuardOptions) -> list[str]:
    """Return the words of a command line that choose the same."""
    words: list[str] = []
    for name, value in vars(chosen).items():
        if value == getattr(DEFAULTS, name):
            continue
        flag = f"--{name.replace('_', '-')}"
        if name == "spare":
            words.append("--no-spare")
        else:
            words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    return words
