"""File outputs by the ending of a file's name."""

from pathlib import Path

from likeness.errors import OutputError
from likeness.outputs.frames import FramesOutput
from likeness.outputs.gif import GifOutput
from likeness.outputs.output import Output
from likeness.outputs.video import VideoOutput

_KINDS: dict[str, type[VideoOutput | GifOutput | FramesOutput]] = {
    ".mp4": VideoOutput,
    ".mov": VideoOutput,
    ".mkv": VideoOutput,
    ".gif": GifOutput,
    ".png": FramesOutput,
}


def open_file(path: Path, fps: float, *, offline: bool) -> Output:
    """Return the output that writes `path`: a video, a GIF, or numbered PNG files (`face-%06d.png`, or a folder).

    Args:
        path: its ending chooses the kind; a folder that is there takes PNG files.
        fps: frames a second.
        offline: write every picture and wait for it, instead of keeping up with the clock.

    Raises:
        OutputError: an ending that nobody here writes, or a file that cannot be made.
    """
    if path.is_dir():
        return FramesOutput(path, fps, offline=offline)
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        wanted = ", ".join(_KINDS)
        raise OutputError(
            f"{path}: nothing here writes {path.suffix or 'a file without an ending'}; endings that work: {wanted}, "
            "or the name of a folder that is there, for PNG files."
        )
    return kind(path, fps, offline=offline)
