"""Presets: TOML files with a show's weights, rack, values, MIDI and DMX bindings, and modulators. Never a pickle."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import tomlkit
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainValidator,
    ValidationError,
)

from likeness.errors import InputError, LikenessError, PresetError, nearest
from likeness.files.atomic_write import atomic_write
from likeness.files.paths import list_files
from likeness.files.text_file import describe_mismatch, read_toml
from likeness.parameters.dmx_binding import DmxBinding
from likeness.parameters.midi_binding import Binding
from likeness.parameters.modulator import Modulator
from likeness.params import Value
from likeness.ranges import FPS, HANG, HEADS, METER, PSI, SEED, TEMPO, Fit, Range, Takeover, parse_size


def _check_value(value: object) -> Value:
    """Return `value` if a parameter may take it. By hand, since of a union pydantic reports each member's mismatch."""
    if isinstance(value, Value):
        return value
    raise ValueError("a number, a text, true or false was wanted")


def _check_in(allowed: Range) -> AfterValidator:
    """Return the declaration of a number in `allowed`, whose refusal names the range."""

    def check(number: float) -> float:
        if number not in allowed:
            raise ValueError(f"{allowed} was wanted")
        return number

    return AfterValidator(check)


def _check_size(text: str) -> str:
    try:
        parse_size(text)
    except LikenessError as error:
        # What pydantic takes as a value that is refused.
        raise ValueError(str(error)) from error
    return text


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShowTable(_Table):
    """The `[show]` table. A key that is left out is set by the command line or by the default."""

    weights: str | None = None
    plugins: tuple[str, ...] = ()
    seed: Annotated[int, _check_in(SEED)] | None = None
    fps: Annotated[float, _check_in(FPS)] | None = None
    size: Annotated[str, AfterValidator(_check_size)] | None = None
    heads: Annotated[int, _check_in(HEADS)] | None = None
    psi: Annotated[float, _check_in(PSI)] | None = None
    tempo: Annotated[float, _check_in(TEMPO)] | None = None
    meter: Annotated[int, _check_in(METER)] | None = None
    hang: Annotated[float, _check_in(HANG)] | None = None
    fit: Fit | None = None
    strict: bool | None = None
    takeover: Takeover | None = None
    programs: tuple[str, ...] = ()


class Preset(_Table):
    """A preset, as in its file.

    Args:
        name: by which it was found, where it was; not in its file.
        title: for lists.
        show: the weights, the rack and the like.
        midi: bindings, unless a controller's own file says otherwise.
        dmx: channels of a lighting desk, unless the user's own files say otherwise.
        modulation: modulators.
        values: by owner (a plugin or "master"), by parameter.
    """

    name: str = ""
    title: str = ""
    show: ShowTable = ShowTable()
    midi: tuple[Binding, ...] = ()
    dmx: tuple[DmxBinding, ...] = ()
    modulation: tuple[Modulator, ...] = ()
    values: Mapping[str, Mapping[str, Annotated[Value, PlainValidator(_check_value)]]] = {}

    def flat_values(self) -> dict[str, Value]:
        """Return the values by address, `owner.name`, those of the show's own parameters too."""
        table = {name: getattr(self.show, name) for name in ("psi", "tempo", "meter", "hang", "fit")}
        show = {f"show.{name}": value for name, value in table.items() if value is not None}
        return show | {
            f"{owner}.{name}": value for owner, table in self.values.items() for name, value in table.items()
        }


def find_preset(name: str, folders: Iterable[Path]) -> Path:
    """Return the file of the preset `name`: a path to a .toml file, or a name in one of `folders`; the last one wins.

    Raises:
        PresetError: naming the nearest presets.
    """
    if name.lower().endswith(".toml"):
        if Path(name).is_file():
            return Path(name)
        raise PresetError(f"there is no preset file {name}")
    found = list_presets(folders)
    if name not in found:
        raise PresetError(f"no preset {name!r}; {nearest(name, found)}")
    return found[name]


def list_presets(folders: Iterable[Path]) -> dict[str, Path]:
    """Return the presets' files by name; of two of one name, that in the later folder."""
    return {path.stem: path for folder in folders for path in list_files(folder, ".toml")}


def read_preset(path: Path) -> Preset:
    """Return the preset in `path`.

    Raises:
        PresetError: in one line, naming the place in the file.
    """
    try:
        raw = read_toml(path)
    except LikenessError as error:
        raise PresetError(f"preset {path} cannot be read: {error}") from error
    own = {key: raw.pop(key) for key in ("title", "show", "midi", "dmx", "modulation") if key in raw}
    try:
        return Preset.model_validate({**own, "values": raw})
    except InputError as error:
        raise PresetError(f"preset {path}: {error}") from error
    except ValidationError as error:
        place, mismatch = describe_mismatch(error)
        raise PresetError(f"preset {path}, at {place.removeprefix('values.')}: {mismatch}") from error


def save_preset(path: Path, preset: Preset) -> None:
    """Write `preset` to `path`; the old file stays until the new one is whole.

    Raises:
        PresetError: if the disk refuses.
    """
    try:
        atomic_write(path, format_preset(preset).encode())
    except OSError as error:
        raise PresetError(f"preset {path} could not be written: {error}") from error


def format_preset(preset: Preset) -> str:
    """Return `preset` as TOML."""
    document = tomlkit.document()
    if preset.title:
        document["title"] = preset.title
    show = preset.show.model_dump(mode="json", exclude_defaults=True)
    document["show"] = {**show, "plugins": list(preset.show.plugins)}
    for owner, table in preset.values.items():
        document[owner] = dict(table)
    for key, written in (("midi", preset.midi), ("dmx", preset.dmx), ("modulation", preset.modulation)):
        entries = tomlkit.aot()
        for entry in written:
            entries.append(tomlkit.item(entry.to_dict()))
        if written:
            document[key] = entries
    return tomlkit.dumps(document)
