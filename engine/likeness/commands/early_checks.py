"""Early checks of a show: what it cannot begin with is refused before torch is imported and weights are opened.

That takes seconds, and under load most of a minute. Each check is that of the part that would refuse it later, in the
same words; what takes a library or a device that is slow to open is left to that part.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from likeness.errors import InputError, LikenessError, OutputError, PhotoError, PluginError
from likeness.options import Options
from likeness.ranges import parse_size

if TYPE_CHECKING:
    from likeness.parameters.presets import Preset

TAKE = ".take"
GZIP = b"\x1f\x8b"


def refuse_early(options: Options) -> None:
    """Refuse options of which it is known that no show can begin with them, whatever preset it plays.

    Raises:
        LikenessError: in one line, with the next step.
    """
    from likeness.audio.open_audio import check_audio

    refuse_weights(options.weights)
    for path in options.plugins:
        if not path.is_file():
            raise PluginError(f"there is no plugin file {path}")
    if options.take is not None:
        from likeness.files.free_name import refuse_unwritable

        if options.take.suffix.lower() != TAKE:
            raise OutputError(
                f"--take {options.take}: the name of a take ends in {TAKE}, such as {options.take.stem}{TAKE}"
            )
        refuse_unwritable(options.take)
    check_audio(options.audio, options.offline)
    if {*options.outputs} - {"window", "null"} or options.profile:
        from likeness.outputs.check_outputs import check_outputs

        # One head for each display: how many the preset has is not known yet.
        check_outputs(options, options.heads or len(options.displays), options.size)
    if options.camera:
        from likeness.inputs.camera.source import check_rendered, check_source

        (check_rendered if options.offline else check_source)(options.camera)
    if not options.offline:
        _refuse_inputs(options)


def refuse_played(preset: "Preset", options: Options) -> None:
    """Refuse weights that are not there, and outputs that do not go with the preset's heads and size.

    Raises:
        LikenessError: in one line, with the next step.
    """
    show = preset.show
    refuse_weights(options.weights or show.weights)
    heads, size = options.heads or show.heads or 1, options.size or (parse_size(show.size) if show.size else None)
    if {*options.outputs} - {"window", "null"} or len(options.displays) > 1:
        from likeness.outputs.check_outputs import check_outputs

        check_outputs(options, heads, size)


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


def refuse_photos(photos: Sequence[Path], doing: str) -> None:
    """Refuse to begin without a photo, or where none of those that are named is there.

    Args:
        photos: paths of files. One of several that is absent is reported when its turn comes.
        doing: what was to be done, such as "to edit".

    Raises:
        LikenessError: in one line, with the next step.
    """
    if not photos:
        raise LikenessError(f"no photo {doing}; give the paths of one or more")
    if not any(photo.exists() for photo in photos):
        raise PhotoError(f"there is no photo {' or '.join(map(str, photos))}")


def _refuse_inputs(options: Options) -> None:
    """Refuse what a live show cannot listen to, or has no window for."""
    if options.link and find_spec("aalink") is None:
        from likeness.inputs.link import NO_LINK

        raise InputError(NO_LINK)
    if options.dmx is not None:
        from likeness.inputs.dmx.sockets import bind_dmx

        bind_dmx(options.dmx, 0, "--artnet-port").close()
    # One that follows another show listens only once it leads.
    if options.osc_port and options.shadow is None:
        from likeness.inputs.osc.udp_socket import bind_socket

        bind_socket(options.osc_host, options.osc_port).close()
    if options.web_port:
        from likeness.web.bind_port import bind_port

        bind_port(options.web_host, options.web_port).close()
    if options.audience is not None:
        from likeness.inputs.audience.client import open_audience_client

        open_audience_client(options.audience, options.audience_key)
    if "window" in options.outputs:
        from likeness.outputs.displays import check_display

        check_display()
