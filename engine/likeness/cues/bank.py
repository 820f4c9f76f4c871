"""The cues of a show: 64 numbered places and names, in memory and in a folder."""

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
from likeness.parameters.modulator import Modulator, parse_modulator
from likeness.params import Value, to_number

log = logging.getLogger(__name__)

# Eight rows of eight, as pad controllers have them.
LAST_NUMBER = 64
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,39}")


@dataclass
class CueFace:
    """A latent `[num_ws, w_dim]` that may be still to come: the render thread puts it in."""

    latent: Tensor | None = None

    def set(self, latent: Tensor) -> None:
        """Take the latent."""
        self.latent = latent

    def get(self) -> Tensor | None:
        """Return the latent, or None while it is still to come."""
        return self.latent


@dataclass
class Cue:
    """What a recall needs. Where it is being stored, the frame that is shown then fills it in.

    Args:
        values: what the parameters are asked for, by address.
        rack: the plugins in their order.
        face: that was shown, before truncation.
        modulation: what moved parameters by itself; None leaves that as it is.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    rack: tuple[str, ...] = ()
    face: CueFace = field(default_factory=CueFace)
    modulation: tuple[Modulator, ...] | None = None


class CueBank:
    """Cues by name; "1" to "64" are the numbered places. Any thread; one at a time changes it.

    Args:
        folder: one file for each cue; read at once, and written by `scribe`.
    """

    def __init__(self, folder: Path, writer: BackgroundWriter) -> None:
        self._folder, self._writer = folder, writer
        self._cues: dict[str, Cue] = {}
        for path in sorted(folder.glob("*.safetensors")) if folder.is_dir() else ():
            try:
                self._cues[path.stem] = _parse_cue(*read_cue(path))
            except CueError as error:
                log.error("%s", error)

    def __getitem__(self, name: str) -> Cue:
        """Return the cue of that name.

        Raises:
            CueError: naming the nearest there are.
        """
        cue = self._cues.get(name)
        if cue is None:
            raise CueError(f"no cue {name!r} is stored; {nearest(name, self._cues)}")
        return cue

    def __contains__(self, name: str) -> bool:
        """Whether a cue of that name is stored."""
        return name in self._cues

    def __setitem__(self, name: str, cue: Cue) -> None:
        """Put `cue` there; `save` brings it to the disk once its face has come."""
        self._cues[name] = cue

    def save(self, name: str, cue: Cue) -> None:
        """Have `cue` written at `name`; its face has come."""
        if self._cues.get(name) is cue:
            self._writer.submit(f"cue {name}", lambda: self._write(name, cue))

    def clear(self, name: str) -> None:
        """Forget the cue, in memory and on the disk. Raises like `[]`."""
        self[name]
        del self._cues[name]
        self._writer.submit(f"cue {name}", lambda: self._path(name).unlink(missing_ok=True))

    def next_number(self, name: str | None) -> str:
        """Return the next numbered place that holds a cue, from the first one on again after the last.

        Raises:
            CueError: where none does.
        """
        places = sorted(int(each) for each in self._cues if each.isdigit())
        if not places:
            raise CueError("no numbered cue is stored; /cue/store 1 makes one")
        here = int(name) if name and name.isdigit() else 0
        return str(next((place for place in places if place > here), places[0]))

    def names(self) -> list[str]:
        """Return the names there are: numbers in their order, then words."""
        return sorted(self._cues, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))

    def _write(self, name: str, cue: Cue) -> None:
        if cue.face.latent is None:
            raise CueError(f"cue {name} has no face")
        moment: dict[str, Any] = {"values": dict(cue.values), "rack": list(cue.rack)}
        if cue.modulation is not None:
            moment["modulation"] = [each.to_dict() for each in cue.modulation]
        write_cue(self._path(name), moment, cue.face.latent)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.safetensors"


def parse_cue_name(text: object) -> str:
    """Return the name of a place from what a message says: 5, 5.0, "5" or "night".

    Raises:
        CueError: where it is neither a place nor a plain name.
    """
    number = None if isinstance(text, bool) else to_number(text)
    if number is not None:
        if number != int(number) or not 1 <= number <= LAST_NUMBER:
            raise CueError(f"there is no place {text}; they go from 1 to {LAST_NUMBER}, and cues may have names")
        return str(int(number))
    name = text.strip() if isinstance(text, str) else ""
    if not NAME.fullmatch(name):
        raise CueError(f"a cue's name is made of at most 40 letters, digits, spaces, - and _, not {text!r:.60}")
    return name


def _parse_cue(moment: Mapping[str, Any], face: Tensor) -> Cue:
    values = moment.get("values")
    plain = {str(key): value for key, value in values.items()} if isinstance(values, dict) else {}
    modulators = moment.get("modulation")
    try:
        modulation = None if modulators is None else tuple(parse_modulator(dict(each)) for each in modulators)
    except (InputError, TypeError, ValueError) as error:
        raise CueError(f"a cue's modulators cannot be read: {error}; store it again") from error
    return Cue(plain, tuple(str(name) for name in moment.get("rack") or ()), CueFace(face), modulation)
