"""Material of a take: its weights, plugins and sound, found on this machine or refused in a line."""

import hashlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from likeness import __version__
from likeness.audio.open_audio import OFF, is_audio_file
from likeness.errors import InputError, PluginError, WeightsError
from likeness.files.paths import find_weights, search_dirs
from likeness.host.discovery import find_plugins, installed_plugins
from likeness.options import PictureOptions
from likeness.parameters.journal import Done
from likeness.show.takes.code_files import engine_files, imported_files
from likeness.show.takes.reader import Take, find_heard
from likeness.show.takes.writer import hash_file

log = logging.getLogger(__name__)

# Of a hash, what tells two files apart for a reader.
SHOWN = 12

AnyOptions = TypeVar("AnyOptions", bound=PictureOptions)


def with_material(take: Take, options: AnyOptions) -> AnyOptions:
    """Return `options` with what the take says and they do not: size, rate, backend, plugin files, sound.

    Raises:
        WeightsError, PluginError, InputError: something that changes the picture is not here, or is another file; in
            one line, with what to do.
    """
    if take.header.get("version") != __version__:
        log.warning("take %s is of likeness %s; pictures may differ", take.path, take.header.get("version"))
    _check_weights(take, options.weights)
    header, size = take.header, take.header.get("size")
    known: dict[str, Any] = {"plugins": [*options.plugins, *_find_plugin_files(take, options)]}
    if options.size is None and isinstance(size, list) and len(size) == 2:
        known["size"] = (int(size[0]), int(size[1]))
    if options.fps is None and isinstance(header.get("fps"), int | float):
        known["fps"] = float(header["fps"])
    for name in ("backend", "precision"):
        if getattr(options, name) == "auto" and isinstance(header.get(name), str):
            known[name] = header[name]
    if options.audio == OFF:
        known["audio"] = _find_audio(take)
    return replace(options, **known)


def hash_material(take: Take, options: PictureOptions) -> str:
    """Return a hash of the files from which the take's pictures and sound are made here, wherever they lie.

    The program's own are among them, and modules beside it that plugins import; installed packages are not.

    Args:
        take: what is rendered.
        options: with all that the take says, as `with_material` returns them.
    """
    there, given = find_plugins(search_dirs("plugins")), {path.stem: path for path in options.plugins}
    named = {str(plugin.get("name")) for plugin in take.header.get("plugins") or ()}
    files = {f"plugin {name}": given.get(name) or there.get(name) for name in {*named, *given}}
    began = options.weights or take.preset.show.weights or ""
    files |= {f"weights {name}": find_weights(name) for name in _later_weights(take)}
    files["weights"] = find_weights(began)
    if is_audio_file(options.audio):
        files["sound"] = Path(options.audio)
    if options.camera:
        files["camera"] = Path(options.camera)
    plugins = [path for what, path in files.items() if path is not None and what.startswith("plugin ")]
    files |= {f"module {name}": path for name, path in imported_files(plugins).items()}
    files |= engine_files()
    hashes = sorted((what, hash_file(path)) for what, path in files.items() if path is not None and path.is_file())
    return hashlib.sha256(repr(hashes).encode()).hexdigest()


def _later_weights(take: Take) -> list[str]:
    """Return the names of the weights that the take changes to."""
    return [
        str(entry.data[0])
        for frame in take.frames
        for entry in frame.entries
        if isinstance(entry, Done) and entry.name == "weights" and entry.data
    ]


def _check_weights(take: Take, instead: str | None) -> None:
    began = take.preset.show.weights or ""
    for name in dict.fromkeys([*([] if instead else [began]), *_later_weights(take)]):
        try:
            path = find_weights(name)
        except WeightsError as error:
            hint = "put them back, or name others with --weights FILE" if name == began else "put them back"
            raise WeightsError(f"take {take.path} plays the weights {name!r}, which are not here; {hint}") from error
        wanted, found = take.hashes.get(name), hash_file(path)
        if wanted and wanted != found:
            raise WeightsError(
                f"take {take.path}: {path} is another file than that night, sha256 {found[:SHOWN]} instead of "
                f"{wanted[:SHOWN]}; put the old one back, or play this one with --weights {name}"
            )


def _find_plugin_files(take: Take, options: PictureOptions) -> list[Path]:
    """Return the files of plugins that are in no usual folder."""
    there, given, files = find_plugins(search_dirs("plugins")), {path.stem: path for path in options.plugins}, []
    for plugin in take.header.get("plugins") or ():
        name, old = str(plugin.get("name")), plugin.get("file")
        path = given.get(name) or there.get(name)
        if path is None and old and Path(old).is_file():
            path = Path(old)
            files.append(path)
        if path is None:
            if name in installed_plugins():
                continue
            raise PluginError(
                f"take {take.path} plays the plugin {name!r}, which is not here; put {name}.py into "
                f"{search_dirs('plugins')[-1]}, or name its file with --plugin"
            )
        if plugin.get("sha256") not in (None, hash_file(path)):
            log.warning("plugin %s has changed since the take; the pictures may differ", path)
    return files


def _find_audio(take: Take) -> str:
    name = str(take.header.get("audio") or OFF)
    if name == OFF:
        return OFF
    kept = next((path for path in take.hashes if Path(path).name == Path(name).name and is_audio_file(path)), name)
    if not Path(kept).is_file():
        if is_audio_file(name):
            what = "is not here: it plays without"
        elif find_heard(take):
            what = "was a device: modulators play what they heard, and the film has no sound"
        else:
            what = "was a device: it plays without"
        log.warning("the sound %s of take %s %s; --audio FILE names a file", name, take.path, what)
        return OFF
    if take.hashes.get(kept) not in (None, hash_file(Path(kept))):
        raise InputError(
            f"take {take.path}: {kept} is another file than that night; put the old one back, or name one with --audio"
        )
    return kept
