"""Choose what a show hears: a file, a device, or nothing."""

from pathlib import Path

from likeness.audio.device import AudioInput, audio_available
from likeness.audio.features import AudioSource, NoAudio
from likeness.audio.file import AudioFile
from likeness.errors import InputError

SUFFIXES = frozenset({".wav", ".flac", ".aif", ".aiff", ".mp3", ".ogg", ".m4a"})
OFF = "off"


def open_audio(name: str, offline: bool) -> AudioSource:
    """Return what hears: "off", a file's name, or a part of a device's name.

    Raises:
        InputError: where a file cannot be heard, devices cannot be heard here, or one is asked for in a render, which
            would not repeat.
    """
    if name == OFF:
        return NoAudio()
    if Path(name).suffix.lower() in SUFFIXES or Path(name).is_file():
        return AudioFile(Path(name))
    if offline:
        raise InputError(f"a render hears a file and not the device {name!r}; give --audio FILE.wav")
    missing = audio_available()
    if missing:
        raise InputError(f"--audio {name}: {missing}")
    device = AudioInput(name)
    device.start()
    return device
