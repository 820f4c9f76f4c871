"""Cue bank: the cues of a show by number, 1 to 64, or by name, in memory and in a folder."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.cue_file import read_cue, write_cue
from likeness.errors import CueError, InputError, nearest
from likeness.files.paths import list_files
from likeness.parameters.modulator import Modulator, parse_modulator
from likeness.params import Value, to_number

log = logging.getLogger(__name__)

# Eight rows of eight, as pad controllers have them.
LAST_NUMBER = 64
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,39}")


@dataclass
class CueFace:
    """The face of a cue, `[num_ws, w_dim]`; None until the render thread has captured it."""

    latent: Tensor | None = None

    def set(self, latent: Tensor) -> None:
        """Set the latent."""
        self.latent = latent

    def get(self) -> Tensor | None:
        """Return the latent, or None until it is captured."""
        return self.latent


@dataclass
class Cue:
    """A stored look. While it is being stored it is empty, and the next frame fills it in.

    Args:
        values: the parameters' targets, by address.
        rack: the plugins in their order.
        face: the face that was shown, before truncation.
        modulation: the modulators; None leaves them as they are at a recall.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    rack: tuple[str, ...] = ()
    face: CueFace = field(default_factory=CueFace)
    modulation: tuple[Modulator, ...] | None = None


class CueBank:
    """Cues by name; "1" to "64" are the numbered ones. Any thread may read; one at a time may change it.

    Args:
        folder: holds one file for each cue; read here and now. A broken one is logged and left out.
        writer: writes the files.
    """

    def __init__(self, folder: Path, writer: BackgroundWriter) -> None:
        self._folder, self._writer = folder, writer
        self._cues: dict[str, Cue] = {}
        for path in list_files(folder, ".safetensors"):
            try:
                self._cues[path.stem] = _parse_cue(*read_cue(path))
            except CueError as error:
                log.error("%s", error)

    def __getitem__(self, name: str) -> Cue:
        """Return the cue of that name.

        Raises:
            CueError: naming the nearest cues.
        """
        cue = self._cues.get(name)
        if cue is None:
            raise CueError(f"no cue {name!r} is stored; {nearest(name, self._cues)}")
        return cue

    def __contains__(self, name: str) -> bool:
        """Whether a cue of that name is stored."""
        return name in self._cues

    def __setitem__(self, name: str, cue: Cue) -> None:
        """Keep `cue` in memory; `save` writes it to the disk once its face is captured."""
        self._cues[name] = cue

    def save(self, name: str, cue: Cue) -> None:
        """Write `cue`, whose face is captured, unless another has its name by now."""
        if self._cues.get(name) is cue:
            self._writer.submit(f"cue {name}", lambda: self._write(name, cue))

    def clear(self, name: str) -> None:
        """Delete the cue, in memory and on the disk. Raises like `[]`."""
        self[name]
        del self._cues[name]
        self._writer.submit(f"cue {name}", lambda: self._path(name).unlink(missing_ok=True))

    def next_number(self, name: str | None) -> str:
        """Return the number of the next stored cue after `name`, starting over after the last.

        Raises:
            CueError: if no numbered cue is stored.
        """
        numbers = sorted(int(each) for each in self._cues if each.isdecimal())
        if not numbers:
            raise CueError("no numbered cue is stored; /cue/store 1 makes one")
        here = int(name) if name and name.isdecimal() else 0
        return str(next((number for number in numbers if number > here), numbers[0]))

    def names(self) -> list[str]:
        """Return all names: numbers in their order, then words."""
        return sorted(self._cues, key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name))

    def _write(self, name: str, cue: Cue) -> None:
        if cue.face.latent is None:
            raise CueError(f"cue {name} has no face")
        header: dict[str, Any] = {"values": dict(cue.values), "rack": list(cue.rack)}
        if cue.modulation is not None:
            header["modulation"] = [each.to_dict() for each in cue.modulation]
        write_cue(self._path(name), header, cue.face.latent)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.safetensors"


def parse_cue_name(text: object) -> str:
    """Return a cue's name from a message's argument: 5, 5.0, "5" or "night".

    Raises:
        CueError: if it is neither a number from 1 to 64 nor a plain name.
    """
    number = None if isinstance(text, bool) else to_number(text)
    if number is not None:
        if number != int(number) or not 1 <= number <= LAST_NUMBER:
            raise CueError(f"there is no cue {text}; cues have numbers from 1 to {LAST_NUMBER} or names")
        return str(int(number))
    name = text.strip() if isinstance(text, str) else ""
    if not NAME.fullmatch(name):
        raise CueError(f"a cue's name is made of at most 40 letters, digits, spaces, - and _, not {text!r:.60}")
    return name


def _parse_cue(header: Mapping[str, Any], face: Tensor) -> Cue:
    values, rack, modulators = header.get("values"), header.get("rack"), header.get("modulation")
    items = values.items() if isinstance(values, dict) else ()
    plain = {str(key): value for key, value in items if isinstance(value, Value)}
    names = tuple(str(name) for name in rack) if isinstance(rack, list) else ()
    try:
        modulation = None if modulators is None else tuple(parse_modulator(dict(each)) for each in modulators)
    except (InputError, TypeError, ValueError) as error:
        raise CueError(f"a cue's modulators cannot be read: {error}; store it again") from error
    return Cue(plain, names, CueFace(face), modulation)
