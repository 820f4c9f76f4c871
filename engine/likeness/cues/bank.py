"""Cue bank: the cues of a show by number, 1 to 64, or by name, in memory and in a folder."""

import itertools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.cue_file import read_cue, read_picture, write_cue
from likeness.cues.thumbnail import CuePicture, make_thumbnail
from likeness.errors import CueError, InputError, nearest
from likeness.files.names import LONGEST, parse_name
from likeness.files.paths import list_files
from likeness.parameters.modulator import Modulator, parse_modulator
from likeness.params import Value, to_number

log = logging.getLogger(__name__)

# Eight rows of eight, as pad controllers have them.
LAST_NUMBER = 64


@dataclass(eq=False)
class CueFace:
    """The face of a cue, `[num_ws, w_dim]`; None until the render thread has captured it."""

    latent: Tensor | None = None

    def set(self, latent: Tensor) -> None:
        """Set the latent."""
        self.latent = latent

    def get(self) -> Tensor | None:
        """Return the latent, or None until it is captured."""
        return self.latent


@dataclass(eq=False)
class Cue:
    """A stored look. While it is being stored it is empty, and the next frame fills it in.

    Args:
        values: the parameters' targets, by address.
        rack: the plugins in their order.
        face: the face that was shown, before truncation.
        modulation: the modulators; None leaves them as they are at a recall.
        label: what the performer calls it, beside its name.
        picture: of what was shown when it was stored.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    rack: tuple[str, ...] = ()
    face: CueFace = field(default_factory=CueFace)
    modulation: tuple[Modulator, ...] | None = None
    label: str = ""
    picture: CuePicture = field(default_factory=CuePicture)


class CueBank:
    """Cues by name; "1" to "64" are the numbered ones. Any thread may read; one at a time may change it.

    The mapping of cues is replaced as a whole, never changed. A file follows what is in memory: the writer's thread
    writes or deletes it as the cue stands when its turn comes.

    Args:
        folder: holds one file for each cue; read here and now. A broken one is logged and left out.
        writer: writes the files.

    Attributes:
        name: of the bank.
        version: another number after each change that a surface shows: a cue, its label or its picture.
    """

    def __init__(self, folder: Path, writer: BackgroundWriter) -> None:
        self.name, self._folder, self._writer = folder.name, folder, writer
        self._count = itertools.count(1)
        self.version = 0
        cues: dict[str, Cue] = {}
        for path in list_files(folder, ".safetensors"):
            try:
                cues[path.stem] = _parse_cue(*read_cue(path), read_picture(path))
            except CueError as error:
                log.error("%s", error)
        self._cues: Mapping[str, Cue] = cues
        # The cue that was overwritten or cleared last, and its name.
        self._lost: tuple[str, Cue] | None = None

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
        self._keep_for_restore(name)
        self._replace({**self._cues, name: cue})

    def get(self, name: str) -> Cue | None:
        """Return the cue of that name, or None."""
        return self._cues.get(name)

    def cues(self) -> Mapping[str, Cue]:
        """Return all cues by name, as they are now."""
        return self._cues

    def name_of(self, cue: Cue) -> str | None:
        """Return the name that `cue` has now; None if another has taken its place."""
        return next((name for name, each in self._cues.items() if each is cue), None)

    def save(self, cue: Cue) -> None:
        """Write `cue`, whose face and picture have come, unless another has taken its place by now."""
        name = self.name_of(cue)
        if name is not None:
            self._set_version()
            self._submit(name)

    def clear(self, name: str) -> None:
        """Delete the cue, in memory and on the disk. Raises like `[]`."""
        self[name]
        self._keep_for_restore(name)
        self._replace({other: cue for other, cue in self._cues.items() if other != name})
        self._submit(name)

    def restore(self) -> str:
        """Bring back the cue that was overwritten or cleared last; the one in its place can be brought back in turn.

        Returns:
            Its name.

        Raises:
            CueError: if there is none.
        """
        if self._lost is None:
            raise CueError(f"no cue of bank {self.name} was overwritten or cleared; there is nothing to bring back")
        name, cue = self._lost
        replaced = self._cues.get(name)
        self._lost = None if replaced is None else (name, replaced)
        self._replace({**self._cues, name: cue})
        self._submit(name)
        return name

    def set_label(self, name: str, label: str) -> None:
        """Set what the performer calls the cue. Raises like `[]`."""
        cue = self[name]
        cue.label = label
        self._set_version()
        self._submit(name)

    def move(self, name: str, to: str) -> None:
        """Give the cue another name; a cue that has it gets the old one. Raises like `[]`."""
        cue, other = self[name], self._cues.get(to)
        if cue is other:
            return
        rest = {each: kept for each, kept in self._cues.items() if each not in (name, to)}
        self._replace({**rest, to: cue} if other is None else {**rest, to: cue, name: other})
        self._writer.submit(f"the move of cue {name} to {to} in bank {self.name}", lambda: self._write_move(name, to))

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

    def _replace(self, cues: Mapping[str, Cue]) -> None:
        self._cues = cues
        self._set_version()

    def _set_version(self) -> None:
        self.version = next(self._count)

    def _keep_for_restore(self, name: str) -> None:
        cue = self._cues.get(name)
        # One without a face was replaced in the frame in which it was stored: a press that bounced, no loss.
        if cue is not None and cue.face.latent is not None:
            self._lost = name, cue

    def _submit(self, name: str) -> None:
        self._writer.submit(f"cue {name} of bank {self.name}", lambda: self._write(name))

    def _write_move(self, name: str, to: str) -> None:
        """Write both files of a move; whenever the power goes, each cue is in one of them or in a third."""
        other = self._cues.get(name)
        spare = None
        if other is not None and other.face.latent is not None:
            names = itertools.chain([f"{to[:30]} moved"], (f"{to[:30]} moved {count}" for count in itertools.count(2)))
            spare = self._path(next(each for each in names if each not in self._cues))
            write_cue(spare, *_unparse_cue(other))
        # Where upper and lower case are one file, the new name is written last.
        for each in (name, to) if name.casefold() == to.casefold() else (to, name):
            self._write(each)
        if spare is not None:
            spare.unlink(missing_ok=True)

    def _write(self, name: str) -> None:
        """Write or delete the file, as the cue stands now. The writer's thread."""
        cue = self._cues.get(name)
        if cue is None:
            self._path(name).unlink(missing_ok=True)
        # One that is just being stored is saved when its face comes.
        elif cue.face.latent is not None:
            if cue.picture.encode():
                self._set_version()
            write_cue(self._path(name), *_unparse_cue(cue))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.safetensors"


def parse_bank_name(text: object) -> str:
    """Return a bank's name from a message's argument.

    Raises:
        CueError: if it is no plain name.
    """
    return parse_name(text, "a bank's name", CueError)


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
    return parse_name(text, "a cue's name", CueError)


def parse_label(text: object) -> str:
    """Return a cue's label from a message's argument; an empty one is none.

    Raises:
        CueError: if it is no plain name.
    """
    return "" if isinstance(text, str) and not text.strip() else parse_name(text, "a cue's label", CueError)


def _unparse_cue(cue: Cue) -> tuple[dict[str, Any], Tensor, bytes | None]:
    """Return what `write_cue` takes of a cue whose face is captured."""
    assert cue.face.latent is not None
    header: dict[str, Any] = {"values": dict(cue.values), "rack": list(cue.rack)}
    if cue.modulation is not None:
        header["modulation"] = [each.to_dict() for each in cue.modulation]
    if cue.label:
        header["label"] = cue.label
    thumbnail = cue.picture.thumbnail
    return header, cue.face.latent, thumbnail.jpeg if thumbnail else None


def _parse_cue(header: Mapping[str, Any], face: Tensor, picture: bytes | None) -> Cue:
    values, rack, modulators = header.get("values"), header.get("rack"), header.get("modulation")
    items = values.items() if isinstance(values, dict) else ()
    plain = {str(key): value for key, value in items if isinstance(value, Value)}
    names = tuple(str(name) for name in rack) if isinstance(rack, list) else ()
    try:
        modulation = None if modulators is None else tuple(parse_modulator(dict(each)) for each in modulators)
    except (InputError, TypeError, ValueError) as error:
        raise CueError(f"a cue's modulators cannot be read: {error}; store it again") from error
    # As it was stored: older versions took more.
    label = header.get("label")
    label = label[:LONGEST] if isinstance(label, str) and "\n" not in label else ""
    thumbnail = make_thumbnail(picture) if picture else None
    return Cue(plain, names, CueFace(face), modulation, label, CuePicture(thumbnail))
