"""The command line. `likeness --help` must not import torch: what is heavy is imported inside the commands."""

import io
import logging
import sys
from collections.abc import Sequence

from cyclopts import App

from likeness import __version__
from likeness.commands import check as checking
from likeness.commands import directions, gallery, weights
from likeness.commands import encode as encoding
from likeness.commands import evaluate as evaluating
from likeness.commands import latency as measuring
from likeness.commands import listing as looking
from likeness.commands import play as playing
from likeness.commands import project as projecting
from likeness.commands.train import composite, encoder, gan, refine, runs
from likeness.errors import LikenessError

app = App(name="likeness", version=__version__, help="An instrument for generative faces, played live.")
for command in (playing.play, playing.render, playing.demo):
    app.command(command)
for command in (looking.plugins, looking.params, looking.surface, looking.contact_sheet):
    app.command(command)
app.command(measuring.latency)
app.command(checking.check)
app.command(encoding.encode)
app.command(projecting.project)
app.command(gallery.app)
app.command(evaluating.evaluate)
app.command(directions.app)
train = App(name="train", help="Make your own weights from a folder of pictures.")
for recipe in (composite.composite, refine.refine, gan.gan, runs.wgan, runs.vae, encoder.encoder, runs.resume):
    train.command(recipe)
app.command(train)
files = App(name="weights", help="Look into weights files, and convert them.")
files.command(weights.info)
files.command(weights.convert)
app.command(files)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `arguments`, the process's own where none are given; what can be mended ends in one line and status 2."""
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger("likeness").setLevel(logging.INFO)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # A file's name may hold bytes that are no text: they are told, and not what the command ends with.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(sys.argv[1:] if arguments is None else list(arguments))
    except LikenessError as error:
        print(f"likeness: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
