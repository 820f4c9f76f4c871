"""Bindings of controllers: one file for each, outside presets, which goes before a preset's own entries."""

import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import tomlkit
from pydantic import BaseModel, ConfigDict

from likeness.errors import InputError, LikenessError, ParamError
from likeness.files.atomic_write import atomic_write
from likeness.files.paths import list_files
from likeness.files.text_file import read_model
from likeness.inputs.midi.ports import drop_socket_number, port_names
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Text

log = logging.getLogger(__name__)

# Where a binding comes from.
Origin = Literal["file", "preset"]

# ALSA ends a port's name with client and port numbers, Windows with a port number: both change with the plugging.
ALSA_NUMBERS, WINDOWS_NUMBER = re.compile(r"\s+\d+:\d+$"), re.compile(r"\s+\d+$")


def controller_name(port: str) -> str:
    """Return the part of a port's name that stays when the controller is plugged in again, there or elsewhere."""
    numbers = WINDOWS_NUMBER if sys.platform == "win32" else ALSA_NUMBERS
    return drop_socket_number(numbers.sub("", port))


def match_controllers(names: Iterable[str], wanted: str) -> list[str]:
    """Return the controller of that name, else those whose names have `wanted` in them, in any case."""
    known = list(names)
    return [wanted] if wanted in known else [name for name in known if wanted and wanted.lower() in name.lower()]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    controller: str
    profile: str | None = None
    unbound: tuple[str, ...] = ()
    midi: tuple[Binding, ...] = ()


class Bindings:
    """Every controller's bindings. One thread at a time.

    A controller's file goes before the preset: an entry of the preset counts only where the file mentions neither
    its parameter nor its control. What is learnt or unbound is written at once.

    Args:
        folder: holds one TOML file for each controller; None writes none.
        defaults: the preset's entries.
    """

    def __init__(self, folder: Path | None, defaults: Sequence[Binding] = ()) -> None:
        self.defaults = tuple(defaults)
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._paths: dict[str, Path] = {}
        self._broken: set[Path] = set()
        self._unwritten: set[str] = set()
        for path in list_files(folder, ".toml") if folder else ():
            self._load(path)

    def check_defaults(self, store: ParamStore) -> None:
        """Check the preset's entries.

        Raises:
            InputError: where a parameter does not exist, or is one that no knob can set.
        """
        wrong = []
        for binding in self.defaults:
            try:
                if isinstance(store.param(binding.param), Text):
                    wrong.append(f"{binding.param} is a text, which no knob can set")
            except ParamError as error:
                wrong.append(str(error))
        if wrong:
            raise InputError(f"MIDI bindings: {'; '.join(wrong)}; mend the preset's [[midi]] entries")

    def for_port(self, port: str) -> tuple[Binding, ...]:
        """Return the bindings of the controller at `port`, in the order in which they play."""
        return self._entries(controller_name(port), port)

    def origin(self, port: str, binding: Binding) -> Origin:
        """Return whether a binding of the controller at `port` is of its own file or of the preset."""
        file = self._files.get(controller_name(port))
        return "file" if file is not None and binding in file.midi else "preset"

    def profile(self, port: str) -> str | None:
        """Return the name of the light profile that the controller's file asks for."""
        file = self._files.get(controller_name(port))
        return file.profile if file else None

    def bind(self, port: str, binding: Binding) -> None:
        """Bind a control of the controller at `port`, in place of what it played and of what played the parameter.

        Raises:
            InputError: where the file cannot be written; the binding holds until the show ends.
        """
        name = controller_name(port)
        file = self._files.get(name, _File(controller=name))
        kept = (e for e in file.midi if e.param != binding.param and not _shares_control(e, (binding,)))
        unbound = tuple(param for param in file.unbound if param != binding.param)
        self._save(file.model_copy(update={"midi": (*kept, binding), "unbound": unbound}))

    def change(self, port: str, param: str, values: Mapping[str, object], *, write: bool = True) -> None:
        """Change the bindings of `param` at the controller at `port`, and write its file, or leave that to `write`.

        An entry of the preset is copied into the file, and so are those that it would hide there: of the same control,
        and of the same parameter.

        Raises:
            InputError: where it plays no such parameter, a value does not fit, or like `bind`.
        """
        name = controller_name(port)
        file = self._files.get(name, _File(controller=name))
        before = self._entries(name, port)
        if not any(entry.param == param for entry in before):
            raise InputError(f"{param} is played by no control of {name}")
        own = tuple(entry.with_values(values) if entry.param == param else entry for entry in file.midi)
        copied = [replace(e, port=None).with_values(values) for e in before if e.param == param and e not in file.midi]
        left = [entry for entry in before if entry.param != param and entry not in file.midi]
        # What is copied hides more of the preset, until nothing is hidden that played.
        while hidden := [e for e in left if any(e.param == c.param or _shares_control(e, (c,)) for c in copied)]:
            copied += [replace(entry, port=None) for entry in hidden]
            left = [entry for entry in left if entry not in hidden]
        changed = file.model_copy(update={"midi": (*own, *copied)})
        if write:
            self._save(changed)
        else:
            self._files[name] = changed
            self._unwritten.add(name)

    def write(self) -> None:
        """Write the files that changes have left unwritten. Raises like `bind`, after the others were written."""
        failed: list[InputError] = []
        while self._unwritten:
            try:
                self._save(self._files[self._unwritten.pop()])
            except InputError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    def unbind(self, param: str, ports: Sequence[str], controller: str | None = None) -> list[str]:
        """Unbind `param` on every controller that has a file or is at `ports`; return those that had it.

        Args:
            param: the parameter's address.
            ports: names of ports.
            controller: name of the only one on which it is unbound, or a part of it; None is all.

        Raises:
            InputError: like `bind`.
        """
        freed = []
        names = dict.fromkeys((*self._files, *map(controller_name, ports)))
        for name in names if controller is None else match_controllers(names, controller):
            file = self._files.get(name, _File(controller=name))
            if not any(entry.param == param for entry in self._entries(name, name)):
                continue
            freed.append(name)
            kept = tuple(entry for entry in file.midi if entry.param != param)
            default = any(entry.param == param for entry in self.defaults)
            unbound = (*file.unbound, param) if default else file.unbound
            self._save(file.model_copy(update={"midi": kept, "unbound": unbound}))
        return freed

    def _entries(self, name: str, port: str) -> tuple[Binding, ...]:
        file = self._files.get(name)
        names = [each.lower() for each in port_names(port)]
        defaults = (e for e in self.defaults if e.port is None or any(e.port.lower() in each for each in names))
        if file is None:
            return tuple(defaults)
        params = {*file.unbound, *(entry.param for entry in file.midi)}
        return (*file.midi, *(e for e in defaults if e.param not in params and not _shares_control(e, file.midi)))

    def _load(self, path: Path) -> None:
        try:
            file = read_model(path, _File)
        # A file edited by hand may hold anything; the show starts without it.
        except LikenessError as error:
            log.error("the controller's file %s is left out: %s; mend it and start again", path, error)
            self._broken.add(path)
            return
        # Written when a controller's name still held the number of its socket; a file without it goes before.
        name = drop_socket_number(file.controller)
        if name != file.controller and name in self._files:
            log.warning("the controller's file %s is left out: %s is for the same controller", path, self._paths[name])
            return
        self._files[name], self._paths[name] = file.model_copy(update={"controller": name}), path

    def _save(self, file: _File) -> None:
        self._files[file.controller] = file
        if self._folder is None:
            return
        # Quoted, since ports are called "a: b/c", and no two names may share a file.
        path = self._paths.setdefault(
            file.controller, self._folder / f"{quote(file.controller, safe=' ()[]+,').strip('.')}.toml"
        )
        document = tomlkit.document()
        document["controller"] = file.controller
        if file.profile is not None:
            document["profile"] = file.profile
        if file.unbound:
            document["unbound"] = list(file.unbound)
        entries = tomlkit.aot()
        for entry in file.midi:
            entries.append(tomlkit.item(entry.to_dict()))
        if file.midi:
            document["midi"] = entries
        try:
            if path in self._broken:
                # Edited by hand, with a slip in it: it is not overwritten.
                self._broken.remove(path)
                os.replace(path, path.with_name(path.name + ".broken"))
            atomic_write(path, tomlkit.dumps(document).encode())
        except OSError as error:
            raise InputError(
                f"the controller's file {path} could not be written: {error}; the binding holds until the show ends"
            ) from error


def _shares_control(entry: Binding, by: Sequence[Binding]) -> bool:
    """Return whether one of `by` is bound to the control of `entry`."""
    return any(
        entry.control == other.control and (None in (entry.channel, other.channel) or entry.channel == other.channel)
        for other in by
    )
