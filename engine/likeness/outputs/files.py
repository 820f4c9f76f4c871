"""File outputs by the ending of a file's name."""

from difflib import get_close_matches
from pathlib import Path

from likeness.audio.features import AudioSource, NoAudio
from likeness.errors import OutputError
from likeness.files.free_name import claim_name, release_name
from likeness.outputs.frames import FramesOutput, claim_row, file_pattern
from likeness.outputs.gif import GifOutput
from likeness.outputs.profiles import H264, PROFILES, Profile
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


def choose_coding(path: Path, profile: FilmProfile | None, *, alpha: bool = False) -> Profile | None:
    """Return how the film `path` is coded; None of a file that is no film.

    Args:
        path: its ending counts.
        profile: its name; None chooses H.264, and for a .mov with an alpha channel ProRes 4444.
        alpha: whether the film is to have an alpha channel.

    Raises:
        OutputError: an ending that nobody here writes, or an alpha channel that the file or the profile cannot keep.
    """
    ending = path.suffix.lower()
    if find_kind(path) is not VideoOutput:
        if alpha:
            raise OutputError(f"{path}: an alpha channel goes into a film; name one that ends in .mov")
        return None
    if not alpha:
        return PROFILES[profile or H264.name]
    if profile is None:
        able = [each for each in PROFILES.values() if each.alpha and ending in each.alpha[1]]
        if not able:
            raise OutputError(f"video {path}: no {ending} has an alpha channel; name a .mov, which is ProRes 4444")
        if len(able) > 1:
            names = ", ".join(each.name for each in able)
            raise OutputError(f"video {path}: choose how its alpha channel is coded, --profile {names}, or name a .mov")
        return able[0].with_alpha()
    return PROFILES[profile].with_alpha()


def open_file(
    path: Path,
    fps: float,
    *,
    offline: bool,
    force: bool = False,
    audio: AudioSource = NO_AUDIO,
    size: tuple[int, int] | None = None,
    profile: FilmProfile | None = None,
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
        profile, alpha: of films, as `choose_coding` takes them.

    Raises:
        OutputError: an ending that nobody here writes, or a file that cannot be made.
    """
    kind = find_kind(path)
    coding = choose_coding(path, profile, alpha=alpha)
    if coding is not None:
        coding.check(path, size)
    try:
        if kind is FramesOutput:
            return FramesOutput(claim_row(file_pattern(path), force=force), fps, offline=offline)
        claimed = claim_name(path, force=force)
    except OSError as error:
        raise explain(str(path), error) from error
    try:
        if coding is not None:
            return VideoOutput(claimed, fps, offline=offline, sound=audio.open_sound(), profile=coding)
        return GifOutput(claimed, fps, offline=offline)
    except BaseException:
        release_name(claimed)
        raise
