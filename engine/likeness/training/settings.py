"""The settings of a training run, and its config.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import tomlkit

from likeness.errors import LikenessError, TrainingError
from likeness.files.text_file import parse_toml
from likeness.ranges import TRAINED_SIDE

CROPS = ("square", "face")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
SMALLEST_SIZE, LARGEST_SIZE = int(TRAINED_SIDE.low), int(TRAINED_SIDE.high)


@dataclass(frozen=True)
class Settings:
    """The settings of one run. All are in the run's config.toml, so that a killed run goes on with them.

    Args:
        recipe: name in `likeness.training.recipe`.
        source: a folder of pictures, a tar or zip file, or a folder of these; absolute.
        size: of the pictures in px, a power of two.
        batch: pictures in a step, over all processes and micro-batches together.
        accumulate: micro-batches that a process splits its share of a step into, where memory is short.
        steps: number of steps; None where time decides.
        time_s: seconds, reading and last export included; None where steps decide.
        learning_rate: of the recipe's optimisers before its schedule; 0 leaves it to the recipe.
        seed: of networks, order of the pictures and noise.
        crop: "square" takes the middle, "face" cuts around the biggest face as FFHQ does.
        flips: show every other picture mirrored.
        hold_out: pictures, the first by name, that are measured on and never trained on.
        precision: one of `PRECISIONS`.
        checkpoint_s, preview_s: seconds between two checkpoints, and between two grids with a walk.
        licence, paid_use: of the weights, which the pictures' licences decide.
        own: the recipe's own settings by name.
    """

    recipe: str
    source: str
    size: int = 64
    batch: int = 16
    accumulate: int = 1
    steps: int | None = None
    time_s: float | None = None
    learning_rate: float = 0.0
    seed: int = 0
    crop: str = "square"
    flips: bool = True
    hold_out: int = 0
    precision: str = "auto"
    checkpoint_s: float = 180.0
    preview_s: float = 300.0
    licence: str = "unknown"
    paid_use: bool | None = None
    own: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        size = self.size
        if not (SMALLEST_SIZE <= size <= LARGEST_SIZE and size & (size - 1) == 0):
            raise TrainingError(f"size is a power of two from {SMALLEST_SIZE} to {LARGEST_SIZE} px, {size} came")
        for name, least in {"batch": 2, "accumulate": 1, "hold_out": 0, "checkpoint_s": 0, "preview_s": 0}.items():
            if getattr(self, name) < least:
                raise TrainingError(f"{name} is {least} or more, {getattr(self, name)} came")
        if self.batch % self.accumulate:
            raise TrainingError(f"batch {self.batch} does not divide into {self.accumulate} micro-batches of one size")
        if self.crop not in CROPS or self.precision not in PRECISIONS:
            raise TrainingError(
                f"crop {self.crop!r}, precision {self.precision!r}: wanted one of {', '.join(CROPS)} and "
                f"one of {', '.join(PRECISIONS)}"
            )
        if (self.steps is None) == (self.time_s is None):
            raise TrainingError("a run ends by its time or by its steps; give one of --time 90m and --steps 20000")
        length = self.time_s if self.steps is None else float(self.steps)
        if length is None or not 0 < length < 1e12 or not 0 <= self.learning_rate < 10:
            raise TrainingError(
                f"steps {self.steps}, time {self.time_s} s, learning rate {self.learning_rate}: out of range"
            )


def write_settings(settings: Settings) -> str:
    """Return `settings` as TOML.

    Raises:
        TrainingError: a path in them is no text.
    """
    plain = {name: value for name, value in asdict(settings).items() if value is not None and name != "own"}
    document = tomlkit.document()
    document.add(tomlkit.comment("The settings of this run; `likeness train resume` reads them."))
    for name, value in plain.items():
        document.add(name, tomlkit.item(value))
    own = tomlkit.table()
    for name, value in settings.own.items():
        if value is not None:
            own.add(name, tomlkit.item(value))
    document.add("own", own)
    text = tomlkit.dumps(document)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # On Linux a file's name may be any bytes.
        name = ascii(error.object[max(error.start - 20, 0) : error.end + 20])
        raise TrainingError(f"{name} is no text that a run's settings can hold; rename the file or folder") from error
    return text


def read_settings(text: str, where: Path) -> Settings:
    """Return the settings that `text` holds.

    Raises:
        TrainingError: it is no TOML, or has an unknown setting or a value of the wrong type.
    """
    try:
        table = parse_toml(text)
    except LikenessError as error:
        raise TrainingError(f"{where} cannot be read ({error}); mend it or begin another run") from error
    try:
        settings = Settings(**table)
        kinds = Settings("", "")
        for entry in fields(Settings):
            value, default = getattr(settings, entry.name), getattr(kinds, entry.name)
            # JSON-like looseness: a whole number is a number of seconds too.
            wanted = (float, int) if isinstance(default, float) else type(default)
            if default is not None and not isinstance(value, wanted):
                raise TypeError(f"{entry.name} is {value!r}")
        settings.check()
    except TypeError as error:
        raise TrainingError(f"{where} cannot be read ({error}); mend it or begin another run") from error
    return settings


def first_difference(before: Settings, after: Settings) -> str | None:
    """Return the first setting in which two runs differ, apart from `steps` and `time_s`; None where they agree."""
    old, new = (replace(settings, steps=None, time_s=None) for settings in (before, after))
    for entry in fields(Settings):
        a, b = getattr(old, entry.name), getattr(new, entry.name)
        if (dict(a) if isinstance(a, Mapping) else a) != (dict(b) if isinstance(b, Mapping) else b):
            return entry.name
    return None
