"""Checks of what a show needs around it: ports, displays, controllers, sound, camera, audience, disk, libraries."""

import errno
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from likeness.audio.device import audio_available
from likeness.audio.file import AudioFile
from likeness.audio.open_audio import OFF, is_audio_file
from likeness.errors import InputError, LikenessError, OutputError
from likeness.files.free_name import refuse_unwritable
from likeness.files.paths import search_dirs, user_dir
from likeness.generators.devices import choose_device, find_unused_card
from likeness.inputs.audience.client import LinkError, open_audience_client
from likeness.inputs.camera.picture_check import is_black
from likeness.inputs.camera.source import check_source, open_source, source_label
from likeness.inputs.dmx.bindings import read_dmx_bindings
from likeness.inputs.dmx.sockets import bind_dmx
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.input import midi_available
from likeness.inputs.midi.ports import MidiPorts, open_client
from likeness.inputs.midi.profiles import matches, read_profiles
from likeness.inputs.osc.udp_socket import bind_socket
from likeness.options import Options
from likeness.outputs.check_outputs import check_displays_of_heads, check_files, is_file
from likeness.outputs.displays import displays, has_display
from likeness.outputs.profiles import FILMS, H264, PROFILES
from likeness.outputs.sending.kinds import check_sent, is_sent, name_sent
from likeness.parameters.presets import Preset
from likeness.show.takes.writer import SUFFIX
from likeness.tools.preflight.finding import Finding, good, less, stops
from likeness.tools.preflight.priority import check_priority

# The use of each optional library, by the name of its module.
EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "openvino": "faster on Intel and AMD processors",
        "onnxruntime": "plays generators in ONNX files",
        "sounddevice": "sound devices",
        "aalink": "Ableton Link",
        "cyndilib": "NDI",
        "pyvirtualcam": "a virtual camera",
    }
)
# Part of the disk that stays free: a disk slows down before its last byte is written.
SPARE = 0.05
# Cameras begin with some black pictures until their exposure is set.
FIRST_PICTURES_S = 2.0


def check_environment(preset: Preset, options: Options, heads: int, fps: float) -> Iterator[Finding]:
    """Check everything but the picture itself."""
    yield from check_ports(options)
    yield from check_displays(options, heads, fps)
    yield from check_controllers(preset, options)
    yield from check_films(options)
    yield from check_receivers(options)
    if options.take is not None:
        yield check_take(options.take, force=options.force)
    if options.dmx is not None:
        yield from check_dmx(preset, options, options.dmx)
    yield check_sound(options)
    yield check_device(options.device)
    yield check_priority()
    if options.camera:
        yield check_camera(options.camera)
    if options.audience is not None:
        yield check_audience(options)
    if options.link and find_spec("aalink") is None:
        yield stops("link", "aalink is not installed; pip install 'likeness-live[link]', or leave --link out")
    yield check_user_folder()
    installed = [f"{name} ({use})" for name, use in EXTRAS.items() if find_spec(name)]
    absent = [f"{name} ({use})" for name, use in EXTRAS.items() if not find_spec(name)]
    yield good("extras", f"installed: {'; '.join(installed) or 'none'}; not installed: {'; '.join(absent) or 'none'}")


def check_ports(options: Options) -> Iterator[Finding]:
    """Check that the ports are free."""
    host = options.osc_host
    if options.osc_port:
        try:
            bind_socket(host, options.osc_port).close()
            yield good("OSC", f"UDP port {options.osc_port} of {host} is free")
        except InputError as error:
            yield stops("OSC", str(error))
    if options.web_port:
        try:
            address = socket.getaddrinfo(options.web_host, options.web_port, type=socket.SOCK_STREAM)[0][4]
            socket.create_server(address[:2]).close()
            yield good("desk", f"TCP port {options.web_port} of {options.web_host} is free")
        # A name that is none raises a TypeError.
        except (OSError, OverflowError, UnicodeError, TypeError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE:
                yield good("desk", f"TCP port {options.web_port} of {options.web_host} is taken; the next one is used")
            else:
                yield stops("desk", f"TCP port {options.web_port} of {options.web_host}: {error}; take another")


def check_films(options: Options) -> Iterator[Finding]:
    """Check that films can be coded as is asked for, in the files that are named, and say which names are taken."""
    for path in map(Path, filter(is_file, options.outputs)):
        if path.suffix.lower() not in FILMS:
            continue
        try:
            check_files([path], options, options.size)
            encoder = PROFILES[options.profile or H264.name].choose_encoder(f"video {path}")
        except OutputError as error:
            yield stops("film", str(error))
            continue
        there = path.is_file() and not options.force
        yield good("film", f"{path} by {encoder}" + ("; it is there, so the next free name is taken" if there else ""))


def check_receivers(options: Options) -> Iterator[Finding]:
    """Check that what sends to other programs is installed; whether they are there is seen when the show plays."""
    for output in filter(is_sent, options.outputs):
        try:
            check_sent(output)
            yield good(
                "output", f"{name_sent(output)} can be sent to; it is tried again and again while nobody is there"
            )
        except OutputError as error:
            yield stops("output", str(error))


def check_take(path: Path, *, force: bool) -> Finding:
    """Check that the take of the night can be written, and say which name is taken."""
    if path.suffix.lower() != SUFFIX:
        return stops("take", f"{path}: the name of a take ends in {SUFFIX}, such as {path.stem}{SUFFIX}")
    try:
        refuse_unwritable(path)
    except OutputError as error:
        return stops("take", str(error))
    there = path.exists() and not force
    return good(
        "take", f"all that is played goes to {path}" + ("; it is there, so the next free name is" if there else "")
    )


def check_dmx(preset: Preset, options: Options, host: str) -> Iterator[Finding]:
    """Check that the ports of lighting desks are free, and that channels are bound."""
    for protocol, port in (("artnet", options.artnet_port), ("sacn", options.sacn_port)):
        if port:
            try:
                bind_dmx(host, port, f"--{protocol}-port").close()
                yield good("DMX", f"UDP port {port} of {host} is free for {protocol}")
            except InputError as error:
                yield stops("DMX", str(error))
    bound = read_dmx_bindings(user_dir("dmx"), preset.dmx)
    if bound:
        universes = ", ".join(map(str, sorted({binding.universe for binding in bound})))
        yield good("DMX", f"{len(bound)} channels are bound, in universe {universes}")
    else:
        yield less("DMX", f"no channel is bound; add [[dmx]] entries to the preset, or a file in {user_dir('dmx')}")


def check_displays(options: Options, heads: int, fps: float) -> Iterator[Finding]:
    """Check that the displays are there, one for each head or one for all, and as fast as the show."""
    try:
        check_displays_of_heads(options.displays, heads)
    except OutputError as error:
        yield stops("display", str(error))
        return
    if "window" not in options.outputs:
        yield good("display", "not needed")
        return
    try:
        there = displays() if has_display() else []
    except OutputError:
        there = []
    if not there:
        hint = "play without a window: --output out/show.mp4, or --output null"
        yield stops("display", f"none found, and a window needs one; start in a desktop session, or {hint}")
        return
    names = ", ".join(map(str, there))
    missing = [index for index in options.displays if not 0 <= index < len(there)]
    if missing:
        yield stops("display", f"there is no display {missing[0]}; there are: {names}")
        return
    slow = [there[index] for index in options.displays if 0 < there[index].hz < fps - 0.5]
    if slow:
        yield less("display", f"{slow[0]} is slower than {fps:g} frames per second; give --fps {slow[0].hz}")
    else:
        yield good("display", names)


def check_controllers(preset: Preset, options: Options) -> Iterator[Finding]:
    """Check that a controller is plugged in where the preset binds one; name each with its bindings and lights."""
    if options.midi == OFF:
        yield good("MIDI", "off")
        return
    absent = midi_available()
    if absent:
        text = f"no MIDI here: {absent}"
        yield stops("MIDI", text) if options.midi != "auto" else less("MIDI", text)
        return
    client = MidiPorts(options.midi, open_client)
    try:
        names = [name for name in client.present() if client.wants(name)]
    finally:
        client.close()
    if not names and options.midi != "auto":
        yield stops("MIDI", f"no controller has {options.midi!r} in its name; plug it in, or give --midi auto")
    elif not names and preset.midi:
        yield less("MIDI", f"no controller for the {len(preset.midi)} knobs and keys that the preset binds; plug it in")
    elif not names:
        yield good("MIDI", "no controller, and the preset binds none")
    bindings, profiles = Bindings(user_dir("bindings"), preset.midi), read_profiles(search_dirs("controllers"))
    for name in names:
        lights = next((each.name for each in profiles.values() if matches(name, each.inputs)), "none known")
        yield good("MIDI", f"{name}: {len(bindings.for_port(name))} bindings, lights: {lights}")


def check_device(name: str) -> Finding:
    """Check that the device is there, and that --device auto leaves no graphics card unused."""
    try:
        device = choose_device(name)
    except LikenessError as error:
        return stops("device", str(error))
    unused = find_unused_card() if name == "auto" else None
    return less("device", f"{device}: {unused}") if unused else good("device", str(device))


def check_sound(options: Options) -> Finding:
    """Check that the sound file can be read, or that devices can be opened."""
    name = options.audio
    if name == OFF:
        return good("sound", "off")
    if is_audio_file(name):
        try:
            AudioFile(Path(name)).close()
        except InputError as error:
            return stops("sound", str(error))
        return good("sound", name)
    absent = audio_available()
    return stops("sound", absent) if absent else good("sound", f"{name}: sound devices can be opened")


def check_audience(options: Options) -> Finding:
    """Check that the audience's server answers, and knows the key; nobody is taken onto the stage."""
    try:
        client = open_audience_client(options.audience or "", options.audience_key)
    except InputError as error:
        return stops("audience", str(error))
    try:
        answer = client.ask_state()
    except LinkError as error:
        return less("audience", f"{client.url}: {error}; the show asks it again")
    return good("audience", f"{client.url} answers; {answer.ready} are ready for the stage")


def check_camera(name: str) -> Finding:
    """Check that the camera gives a picture."""
    try:
        check_source(name)
    except InputError as error:
        return stops("camera", str(error))
    try:
        source = open_source(name)
    except InputError as error:
        return less("camera", f"{source_label(name)}: {error}; the show waits for it")
    until = time.monotonic() + FIRST_PICTURES_S
    try:
        picture = source.read(time.sleep)
        while picture is not None and is_black(picture) and time.monotonic() < until:
            picture = source.read(time.sleep)
    # A driver may raise anything; the show itself would wait and try again.
    except Exception as error:  # noqa: BLE001
        return less("camera", f"{error}; the show waits for it")
    finally:
        source.close()
    if picture is None:
        return less("camera", f"{source_label(name)} is there and gives no picture; does another program hold it?")
    size = f"{picture.shape[1]} x {picture.shape[0]} px"
    if is_black(picture):
        return less("camera", f"{size}, and nothing but black; is its lid on, or does another program hold it?")
    return good("camera", size)


def check_user_folder() -> Finding:
    """Check that cues, bindings and the state of the show can be written."""
    folder = user_dir("autosave")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / "check.part"
        probe.write_bytes(b"1")
        probe.unlink()
    except OSError as error:
        return less("files", f"{folder}: {error}; cues will be lost at the end of the show, and --resume will not work")
    return good("files", f"cues, bindings and the last show are written to {folder.parent}")


def check_disk(folder: Path, hours: float, bytes_per_s: float) -> Finding:
    """Check that `folder` has room for `hours` of recording."""
    while not folder.exists():
        folder = folder.parent
    free, needed = shutil.disk_usage(folder).free, hours * 3600 * bytes_per_s
    text = f"{hours:g} h of recording: about {_gigabytes(needed)}; free in {folder.resolve()}: {_gigabytes(free)}"
    if needed > free * (1 - SPARE):
        room = free * (1 - SPARE) / 3600 / bytes_per_s
        return less("disk", f"{text}, which is enough for {room:.1f} h; free some, or record elsewhere")
    return good("disk", text)


def _gigabytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB"
