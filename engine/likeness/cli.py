"""The command line: one module of `likeness.commands` for each command, listed here.

`likeness --help` must not import torch: heavy modules are imported inside the commands.
The options of `play`, `check` and `render` are declared in `likeness.options`.
"""

import atexit
import io
import logging
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

from cyclopts import App, CycloptsError, MissingArgumentError

from likeness import __version__
from likeness.commands import audience, directions, gallery, guard, weights
from likeness.commands.augment import augment
from likeness.commands.check import check
from likeness.commands.contact_sheet import contact_sheet
from likeness.commands.edit import edit
from likeness.commands.encode import encode
from likeness.commands.evaluate import evaluate
from likeness.commands.latency import latency
from likeness.commands.lookalike import lookalike
from likeness.commands.params import params
from likeness.commands.play import demo, play, render
from likeness.commands.plugins import plugins
from likeness.commands.project import project
from likeness.commands.report import report
from likeness.commands.stylize import stylize
from likeness.commands.surface import surface
from likeness.commands.train.beards import beards
from likeness.commands.train.composite import composite
from likeness.commands.train.cycle import cycle
from likeness.commands.train.dagan import dagan
from likeness.commands.train.earrings import earrings
from likeness.commands.train.encoder import encoder
from likeness.commands.train.enlarge import enlarge
from likeness.commands.train.eyes import eyes
from likeness.commands.train.faces import faces
from likeness.commands.train.gan import gan
from likeness.commands.train.glasses import glasses
from likeness.commands.train.makeup import makeup
from likeness.commands.train.refine import refine
from likeness.commands.train.runs import resume, vae, wgan
from likeness.commands.train.style import style
from likeness.commands.train.voice import mouth, voice
from likeness.commands.train.walls import walls
from likeness.errors import LikenessError
from likeness.errors.console_log import ConsoleFormatter
from likeness.files.lasting_stream import open_lasting
from likeness.files.working_folder import leave_removed_folder

# Of an error: a path or a value that somebody gave may be very long.
MOST_CHARACTERS = 1000

# Asks for tracebacks; with any command.
VERBOSE = ("-v", "--verbose")

app = App(
    name="likeness",
    version=__version__,
    help="A live-performance instrument for generative faces. With -v any command shows the tracebacks of failures.",
)
for command in (
    play,
    render,
    demo,
    plugins,
    params,
    surface,
    contact_sheet,
    latency,
    check,
    report,
    encode,
    project,
    edit,
    augment,
    evaluate,
    lookalike,
    stylize,
):
    app.command(command)
train = App(name="train", help="Train your own weights on a folder of pictures.")
for recipe in (
    faces, composite, refine, enlarge, eyes, glasses, beards, makeup, earrings, walls, gan, wgan, vae, dagan, style,
    cycle, encoder, voice, mouth, resume,
):  # fmt: skip
    train.command(recipe)
for group in (guard.app, gallery.app, audience.app, directions.app, train, weights.app):
    app.command(group)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `arguments`, by default the process's own; a mistake ends in one line and status 2."""
    if arguments is None:
        _outlive_readers()
    words = sys.argv[1:] if arguments is None else list(arguments)
    traces = any(word in VERBOSE for word in words)
    words = [word for word in words if word not in VERBOSE]
    console = logging.StreamHandler()
    console.setFormatter(ConsoleFormatter(traces=traces))
    logging.basicConfig(handlers=[console])
    logging.getLogger("likeness").setLevel(logging.INFO)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # A file's name may hold bytes that are no text: print them escaped instead of raising.
        sys.stdout.reconfigure(errors="backslashreplace")
    leave_removed_folder()
    status: int | str | None = 0
    try:
        _refuse_empty(words)
        # Not by cyclopts, which draws a box and exits with 1: for `check` that means "less than you asked for".
        app(words, print_error=False, exit_on_error=False)
    # What the system refuses, such as a path that is too long or a folder that may not be written, names the file.
    except (LikenessError, CycloptsError, OSError) as error:
        if traces:
            traceback.print_exception(error)
        print(f"likeness: {_shorten(_explain(error))}", file=sys.stderr)
        status = error.status if isinstance(error, LikenessError) else 2
    except KeyboardInterrupt:
        status = 130
    except SystemExit as exit_:
        status = exit_.code
    if arguments is None:
        _leave_hung_threads(status)
    sys.exit(status)


def _outlive_readers() -> None:
    """Go on where stdout or stderr is closed, or piped into a program that ends."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            lasting = open_lasting(stream)
            setattr(sys, name, lasting)
            # The one that Python made has no file any more.
            setattr(sys, f"__{name}__", lasting)


def _leave_hung_threads(status: int | str | None) -> None:
    """End the process at once where a daemon thread is still at work: drawing, preparing a layer, or hanging.

    Python's own end would stop the thread within torch, which aborts the process with "terminate called".
    """
    if not any(thread.daemon for thread in threading.enumerate()):
        return
    if isinstance(status, str):
        print(status, file=sys.stderr)
    # As Python ends: threads that must finish, and what was registered, as to end the processes of its own.
    threading._shutdown()  # type: ignore[attr-defined]  # there is no public way to wait as Python does
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status if isinstance(status, int) else 1 if status else 0)


def _refuse_empty(words: Sequence[str]) -> None:
    """Refuse an option without a text: an empty path would be this folder, and empty weights the default ones."""
    for before, word in pairwise(["", *words]):
        if not word or (word.startswith("--") and word.endswith("=") and word.count("=") == 1):
            name = word or before if before.startswith("-") or word else "an argument"
            raise LikenessError(f"{name.rstrip('=')} is empty; give it a value, or leave it out")


def _explain(error: Exception) -> str:
    """Return what an error says; of something that was left out, what it is called."""
    if not isinstance(error, MissingArgumentError) or error.argument is None or error.keyword or error.argument.tokens:
        return str(error)
    command, argument = " ".join(error.command_chain or ()), error.argument
    name = " or ".join(argument.names) if argument.index is None else argument.name.lstrip("-").upper()
    return f"{command} needs {name}; `likeness {command} --help` says what that is"


def _shorten(text: str) -> str:
    """Return `text` in one line, without the middle where it is very long."""
    text = " ".join(text.split())
    return text if len(text) <= MOST_CHARACTERS else f"{text[:700]} ... {text[-250:]}"


if __name__ == "__main__":
    main()
