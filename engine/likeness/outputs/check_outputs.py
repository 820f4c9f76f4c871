"""Checks of the outputs that a show is asked to play to: all that is known of them before anything is opened."""

from collections.abc import Sequence
from pathlib import Path

from likeness.errors import OutputError
from likeness.files.free_name import refuse_unwritable
from likeness.options import Options
from likeness.outputs.files import choose_coding, find_kind
from likeness.outputs.frames import FramesOutput, file_pattern
from likeness.outputs.profiles import FILMS
from likeness.outputs.sending.kinds import check_sent, is_sent

Size = tuple[int, int]


def is_file(output: str) -> bool:
    """Return whether an output of the command line is a file or a folder."""
    return output not in ("window", "null") and not is_sent(output)


def check_displays_of_heads(displays: Sequence[int], heads: int) -> None:
    """Check that there is one display for each head, or one for all of them.

    Raises:
        OutputError: where there is not.
    """
    if len(displays) not in (1, heads):
        raise OutputError(
            f"{len(displays)} displays for {heads} head(s); give each head its own, as --heads 2 --display 0 "
            "--display 1, or one display for all of them"
        )


def check_outputs(options: Options, heads: int, size: Size | None) -> None:
    """Refuse outputs that could not be opened, or not together; nothing is opened or written. Takes no time.

    Args:
        options: of the show.
        heads: how many faces stand side by side in each picture.
        size: width and height of one head in px; None where the weights decide.

    Raises:
        OutputError: in one line, with the next step.
    """
    check_displays_of_heads(options.displays, heads)
    for name in filter(is_sent, options.outputs):
        if options.offline:
            raise OutputError(f"a render does not wait for other programs; play to {name.partition(':')[0]} instead")
        check_sent(name)
    check_files([Path(name) for name in options.outputs if is_file(name)], options, size and (size[0] * heads, size[1]))


def check_files(paths: Sequence[Path], options: Options, size: Size | None = None) -> None:
    """Refuse files that nothing here writes as `options` ask.

    Args:
        paths: of the outputs that are files.
        options: of the show.
        size: width and height in px of the pictures in them; None where the weights decide.

    Raises:
        OutputError: naming what works.
    """
    for path in paths:
        coding = choose_coding(path, options.profile, alpha=options.alpha)
        if coding is not None:
            coding.check(path, size)
        refuse_unwritable(file_pattern(path) if find_kind(path) is FramesOutput else path)
    whole = [path.absolute() for path in paths]
    twice = [str(path) for path in whole if whole.count(path) > 1]
    if twice:
        raise OutputError(f"{twice[0]} is given twice; two outputs cannot write one file")
    if options.profile and not any(path.suffix.lower() in FILMS for path in paths):
        raise OutputError(
            f"--profile {options.profile} says how a film is coded, and no output is one; name a file that ends in "
            f"{', '.join(FILMS)}, or leave it out"
        )
