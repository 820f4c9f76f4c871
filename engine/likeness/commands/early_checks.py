"""Early checks of a show: what it cannot begin with is refused before torch is imported and weights are opened.

That takes seconds, and under load most of a minute. Each check is that of the part that would refuse it later, in the
same words; what takes a library or a device that is slow to open is left to that part.
"""

from pathlib import Path

from likeness.errors import InputError, OutputError, PluginError
from likeness.options import Options

TAKE = ".take"
GZIP = b"\x1f\x8b"


def refuse_early(options: Options) -> None:
    """Refuse options of which it is known that no show can begin with them.

    Raises:
        LikenessError: in one line, with the next step.
    """
    from likeness.audio.open_audio import check_audio

    refuse_weights(options.weights)
    for path in options.plugins:
        if not path.is_file():
            raise PluginError(f"there is no plugin file {path}")
    if options.take is not None and options.take.suffix.lower() != TAKE:
        raise OutputError(
            f"--take {options.take}: the name of a take ends in {TAKE}, such as {options.take.stem}{TAKE}"
        )
    check_audio(options.audio, options.offline)
    if {*options.outputs} - {"window", "null"}:
        from likeness.outputs.files import find_kind
        from likeness.outputs.sending.kinds import check_sent, is_sent

        for name in options.outputs:
            if is_sent(name) and not options.offline:
                check_sent(name)
            elif name not in ("window", "null") and not is_sent(name):
                find_kind(Path(name))


def refuse_weights(name: str | None) -> None:
    """Refuse weights that are not there; None leaves them to the program.

    Raises:
        WeightsError: naming the nearest there are.
    """
    from likeness.files.paths import find_weights

    if name is not None:
        find_weights(name)


def refuse_no_take(path: Path) -> None:
    """Refuse a file that is no take.

    Raises:
        InputError: it is none, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(GZIP))
    except OSError as error:
        raise InputError(f"take {path} cannot be read: {error.strerror or error}") from error
    if packed != GZIP:
        raise InputError(f"{path} is no take; `likeness play PRESET --take {path.stem}.take` makes one")
