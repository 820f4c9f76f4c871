"""What a show finds around it: ports, screens, controllers, a camera, room on the disk, optional libraries."""

import shutil
import socket
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from likeness.audio.device import audio_available
from likeness.audio.open_audio import OFF, SUFFIXES
from likeness.errors import InputError, OutputError
from likeness.inputs.camera.source import check_source, label_of, open_source
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.input import midi_available
from likeness.inputs.midi.ports import MidiPorts, open_client
from likeness.inputs.midi.profiles import matches, read_profiles
from likeness.inputs.osc.udp_socket import bound_socket
from likeness.options import Options
from likeness.outputs.displays import displays, has_display
from likeness.parameters.presets import Preset
from likeness.paths import search_dirs, user_dir
from likeness.tools.preflight.finding import Finding, good, less, stops

# What each optional library is for, by the module that it brings.
EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "openvino": "draws faster on Intel and AMD processors",
        "onnxruntime": "plays generators in ONNX files",
        "sounddevice": "hears sound devices",
        "aalink": "Ableton Link",
    }
)
# A disk that is full to the last byte slows down before.
SPARE = 0.05


def check_environment(preset: Preset, options: Options, fps: float) -> Iterator[Finding]:
    """Yield what there is to say of everything but the picture itself."""
    yield from ports(options)
    yield from screens(options, fps)
    yield from controllers(preset, options)
    yield sound(options)
    if options.camera:
        yield camera(options.camera)
    if options.link and find_spec("aalink") is None:
        yield stops("link", "aalink is not installed; pip install 'likeness[link]', or leave --link out")
    yield memory()
    there = [f"{name} ({what})" for name, what in EXTRAS.items() if find_spec(name)]
    absent = [f"{name} ({what})" for name, what in EXTRAS.items() if not find_spec(name)]
    yield good("extras", f"installed: {'; '.join(there) or 'none'}; not installed: {'; '.join(absent) or 'none'}")


def ports(options: Options) -> Iterator[Finding]:
    """Yield whether the ports are free."""
    host = options.osc_host
    if options.osc_port:
        try:
            bound_socket(host, options.osc_port).close()
            yield good("OSC", f"UDP port {options.osc_port} of {host} is free")
        except InputError as error:
            yield stops("OSC", str(error))
    if options.oscquery_port:
        try:
            socket.create_server((host, options.oscquery_port)).close()
            yield good("OSCQuery", f"TCP port {options.oscquery_port} of {host} is free")
        except (OSError, OverflowError) as error:
            yield stops("OSCQuery", f"TCP port {options.oscquery_port} of {host}: {error}; take another")


def screens(options: Options, fps: float) -> Iterator[Finding]:
    """Yield whether the displays that are asked for are there, and as fast as the show."""
    if "window" not in options.outputs:
        yield good("display", "none is asked for")
        return
    try:
        there = displays() if has_display() else []
    except OutputError:
        there = []
    if not there:
        yield stops("display", "there is none; start in a desktop session, or play to a file: --output out/show.mp4")
        return
    said = ", ".join(map(str, there))
    missing = [index for index in options.displays if not 0 <= index < len(there)]
    if missing:
        yield stops("display", f"there is no display {missing[0]}; there are: {said}")
        return
    slow = [there[index] for index in options.displays if 0 < there[index].hz < fps - 0.5]
    if slow:
        yield less("display", f"{slow[0]} shows less than {fps:g} pictures a second; give --fps {slow[0].hz}")
    else:
        yield good("display", said)


def controllers(preset: Preset, options: Options) -> Iterator[Finding]:
    """Yield which controllers are plugged in, with their bindings and lights; all that the preset binds is theirs."""
    if options.midi == OFF:
        yield good("MIDI", "is off")
        return
    absent = midi_available()
    if absent:
        said = f"no MIDI here: {absent}"
        yield stops("MIDI", said) if options.midi != "auto" else less("MIDI", said)
        return
    client = MidiPorts(options.midi, open_client)
    try:
        names = [name for name in client.present() if client.wants(name)]
    finally:
        client.close()
    if not names and options.midi != "auto":
        yield stops("MIDI", f"no controller has {options.midi!r} in its name; plug it in, or give --midi auto")
    elif not names:
        bound = f"; the preset binds {len(preset.midi)} knobs and keys that nobody plays" if preset.midi else ""
        yield Finding("MIDI", less("", "").verdict if bound else good("", "").verdict, f"no controller{bound}")
    bindings, profiles = Bindings(user_dir("bindings"), preset.midi), read_profiles(search_dirs("controllers"))
    for name in names:
        lights = next((each.name for each in profiles.values() if matches(name, each.inputs)), "none known")
        yield good("MIDI", f"{name}: {len(bindings.heard(name))} bindings, lights: {lights}")


def sound(options: Options) -> Finding:
    """Return whether there is what the show is to hear."""
    name = options.audio
    if name == OFF:
        return good("sound", "is off")
    if Path(name).suffix.lower() in SUFFIXES:
        there = Path(name).is_file()
        return good("sound", name) if there else stops("sound", f"there is no file {name}")
    absent = audio_available()
    return stops("sound", absent) if absent else good("sound", f"{name}: devices can be heard")


def camera(name: str) -> Finding:
    """Return whether the camera gives a picture."""
    try:
        check_source(name)
    except InputError as error:
        return stops("camera", str(error))
    try:
        source = open_source(name)
    except InputError as error:
        return less("camera", f"{label_of(name)}: {error}; the show waits for it")
    try:
        picture = source.read(lambda seconds: None)
    # A driver may raise anything; the show itself would wait and try again.
    except Exception as error:  # noqa: BLE001
        return less("camera", f"{error}; the show waits for it")
    finally:
        source.close()
    if picture is None:
        return less("camera", f"{label_of(name)} is there and gives no picture; does another program hold it?")
    return good("camera", f"{picture.shape[1]} x {picture.shape[0]} px")


def memory() -> Finding:
    """Return whether cues and the show's state can be kept."""
    folder = user_dir("autosave")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / "check.part"
        probe.write_bytes(b"1")
        probe.unlink()
    except OSError as error:
        return less("memory", f"{folder}: {error}; neither cues nor --resume will outlive the show")
    return good("memory", f"cues, bindings and the last show are kept in {folder.parent}")


def disk(folder: Path, hours: float, bytes_per_s: float) -> Finding:
    """Return whether `folder` has room for so many hours of recording."""
    while not folder.exists():
        folder = folder.parent
    free, needed = shutil.disk_usage(folder).free, hours * 3600 * bytes_per_s
    said = f"{hours:g} h of recording: about {_gigabytes(needed)}; free in {folder.resolve()}: {_gigabytes(free)}"
    if needed > free * (1 - SPARE):
        room = free * (1 - SPARE) / 3600 / bytes_per_s
        return less("disk", f"{said}, which is room for {room:.1f} h; free some, or record elsewhere")
    return good("disk", said)


def _gigabytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB"
