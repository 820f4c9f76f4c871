"""File outputs by the ending of a file's name."""

from difflib import get_close_matches
from pathlib import Path

from likeness.audio.features import AudioSource, NoAudio
from likeness.errors import OutputError
from likeness.files.free_name import claim_name, release_name
from likeness.outputs.frames import FramesOutput, claim_row, file_pattern
from likeness.outputs.gif import GifOutput
from likeness.outputs.profiles import PROFILES
from likeness.outputs.video import VideoOutput
from likeness.outputs.writer import QueuedOutput, explain
from likeness.ranges import FilmProfile

_KINDS: dict[str, type[VideoOutput | GifOutput | FramesOutput]] = {
    ".mp4": VideoOutput,
    ".mov": VideoOutput,
    ".mkv": VideoOutput,
    ".gif": GifOutput,
    ".png": FramesOutput,
}


NO_AUDIO = NoAudio()
# Outputs that are no files and have a name of one word.
WORDS = ("window", "null", "camera")


def find_kind(path: Path) -> type[VideoOutput | GifOutput | FramesOutput]:
    """Return what writes `path`.

    Raises:
        OutputError: an ending that nobody here writes.
    """
    kind = FramesOutput if path.is_dir() else _KINDS.get(path.suffix.lower())
    if kind is None:
        wanted = ", ".join(_KINDS)
        close = get_close_matches(path.name.lower(), WORDS, n=1) if path.name == str(path) else []
        meant = f"; did you mean -o {close[0]}?" if close else ""
        raise OutputError(
            f"{path}: nothing here writes {path.suffix or 'a file without an ending'}{meant}; endings that work: "
            f"{wanted}, or the name of a folder that is there, for PNG files"
        )
    return kind


def open_file(
    path: Path,
    fps: float,
    *,
    offline: bool,
    force: bool = False,
    audio: AudioSource = NO_AUDIO,
    size: tuple[int, int] | None = None,
    profile: FilmProfile = "h264",
    alpha: bool = False,
) -> QueuedOutput:
    """Return the output that writes `path`: a video, a GIF, or numbered PNG files (`face-%06d.png`, or a folder).

    Where a file of that name is there, the next free name is taken: its `path` says which.

    Args:
        path: its ending chooses the kind; a folder that is there takes PNG files.
        fps: frames a second.
        offline: write every picture and wait for it, instead of keeping up with the clock.
        force: replace what is there.
        audio: of the show; films have its sound.
        size: width and height of the pictures in px, where that is known.
        profile: of films.
        alpha: whether the pictures will have an alpha channel, which only films can keep.

    Raises:
        OutputError: an ending that nobody here writes, or a file that cannot be made.
    """
    kind = find_kind(path)
    if alpha and kind is not VideoOutput:
        raise OutputError(f"{path}: an alpha channel goes into a film, with --profile prores4444, vp9 or ffv1")
    coding = PROFILES[profile].with_alpha() if alpha else PROFILES[profile]
    if kind is VideoOutput:
        coding.check(path, size)
    try:
        if kind is FramesOutput:
            return FramesOutput(claim_row(file_pattern(path), force=force), fps, offline=offline)
        claimed = claim_name(path, force=force)
    except OSError as error:
        raise explain(str(path), error) from error
    try:
        if kind is VideoOutput:
            return VideoOutput(claimed, fps, offline=offline, sound=audio.open_sound(), profile=coding)
        return kind(claimed, fps, offline=offline)
    except BaseException:
        release_name(claimed)
        raise
