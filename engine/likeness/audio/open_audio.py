"""Opening the audio source that `--audio` names: a file, a device, or none."""

import time
from collections.abc import Callable
from pathlib import Path

from likeness.audio.device import AudioInput, audio_available
from likeness.audio.features import AudioSource, NoAudio
from likeness.audio.file import AudioFile
from likeness.errors import InputError

SUFFIXES = frozenset({".wav", ".flac", ".aif", ".aiff", ".mp3", ".ogg", ".m4a"})
OFF = "off"


def open_audio(name: str, offline: bool, began: Callable[[], float] = time.perf_counter) -> AudioSource:
    """Open "off", a file by its name, or a device by a part of its name.

    Args:
        name: what `--audio` says.
        offline: whether the same must sound each time.
        began: returns `time.perf_counter` at the show's start, once a frame was shown.

    Raises:
        InputError: if the file cannot be read, devices cannot be opened here, or one is asked for in a render, which
            would not repeat.
    """
    if name == OFF:
        return NoAudio()
    if is_audio_file(name):
        return AudioFile(Path(name))
    if offline:
        raise InputError(f"a render takes its audio from a file, not from the device {name!r}; give --audio FILE.wav")
    missing = audio_available()
    if missing:
        raise InputError(f"--audio {name}: {missing}")
    device = AudioInput(name, began=began)
    device.start()
    return device


def check_audio(name: str, offline: bool) -> None:
    """Refuse what `open_audio` would, but for a device that fails only once it is opened. Raises like it."""
    if name == OFF or (not is_audio_file(name) and not offline and audio_available() is None):
        return
    open_audio(name, offline).close()


def is_audio_file(name: str) -> bool:
    """Return whether `name` means a file: by its ending, or since there is one of that name."""
    return Path(name).suffix.lower() in SUFFIXES or Path(name).is_file()
