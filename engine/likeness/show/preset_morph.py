"""Morph between two presets on one fader, `preset.morph`: at 0 the values of the one, at 1 those of the other."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from likeness.cues.recall import is_recalled
from likeness.errors import ParamError
from likeness.files.paths import search_dirs
from likeness.parameters.presets import Preset, find_preset, read_preset
from likeness.parameters.store import ParamStore
from likeness.params import Float, Int, Param, Trigger, Value

log = logging.getLogger(__name__)

FADER = "preset.morph"
# Long enough to hide the steps of a controller of 7 bits.
PARAMS = (Float("morph", 0.0, glide=0.1, help="Between the two presets that /preset/morph names."),)


@dataclass(frozen=True)
class _Pair:
    """What two presets say of one parameter, as it takes it."""

    param: Param
    first: Value
    second: Value

    def value_at(self, position: float) -> Value:
        """Return the value at `position` in [0, 1]: numbers by fader position, all else changes in the middle."""
        param = self.param
        if position <= 0.0 or position >= 1.0 or not isinstance(param, Float | Int):
            return self.first if position < 0.5 else self.second
        start, end = param.to_unit(self.first), param.to_unit(self.second)
        return param.from_unit(start + (end - start) * position)


class PresetMorph:
    """Sets the parameters that two presets name, whenever the fader `preset.morph` moves.

    The show's thread calls `advance` before each frame, and there the values are set, so that a recording of the
    messages gives the same frames. What a modulator makes of the fader counts too. A parameter that is set by anything
    else stays with it until the fader is set again. Until a pair is chosen, and until the fader moves after that, it
    does nothing. The rack and the modulators stay as they are, and so does what a recalled cue would leave alone: the
    master and the tempo.

    Args:
        store: of the show.

    Attributes:
        questions: the commands that answer the sender, by OSC address. Any thread.
        names: of the two presets, or None; replaced as a whole. Any thread.
    """

    def __init__(self, store: ParamStore) -> None:
        self._store = store
        self.names: tuple[str, str] | None = None
        self.questions: Mapping[str, Callable[..., None]] = MappingProxyType({"/preset/morph": self.handle_message})
        self._values: tuple[Mapping[str, Value], Mapping[str, Value]] = ({}, {})
        self._pairs: Mapping[str, _Pair] = {}
        self._revision = -1
        # Where the fader was when it last set something.
        self._position = 0.0
        # What something else has set since the fader was.
        self._taken: set[str] = set()
        self._setting = False
        store.on_set(self._notice)
        store.journal.replayers["morph"] = self.begin

    def handle_message(self, reply: Callable[..., None], *args: object) -> None:
        """Take `/preset/morph`: two names choose the presets, a number is the fader's, nothing asks where it is.

        Command and fader have one address, as a performer thinks of them. Raises like `choose` and `ParamStore.set`.
        """
        if len(args) > 1:
            self.choose(*args)
        elif args and args[0] is not None:
            self._store.set(FADER, args[0])
        else:
            reply("/preset/morph", self._store.target(FADER))

    def choose(self, first: object, second: object) -> None:
        """Morph between these two presets from the fader's next move on. Any thread.

        Raises:
            PresetError: where there is none of that name, or it is broken.
        """
        paths = [find_preset(str(name), search_dirs("presets")) for name in (first, second)]
        values = [_values_of(read_preset(path)) for path in paths]

        self._store.run(lambda: self.begin((paths[0].stem, paths[1].stem), values))

    def begin(self, names: Sequence[str], values: Sequence[Mapping[str, Value]]) -> None:
        """Morph between these values, by address, of two presets. Within an edit."""
        self._store.journal.add_action("morph", list(names), [dict(each) for each in values])
        self.names, self._values = (names[0], names[1]), (values[0], values[1])
        self._revision = -1
        self._taken.clear()

    def describe(self) -> dict[str, Any]:
        """Return how it stands, as plain JSON for `resume`. The show's thread."""
        values = [dict(each) for each in self._values]
        return {"names": self.names, "values": values, "position": self._position, "taken": sorted(self._taken)}

    def resume(self, standing: Mapping[str, Any]) -> None:
        """Stand where another show's morph stood. The show's thread.

        Raises:
            KeyError, TypeError, ValueError: it is not what `describe` returned.
        """
        first, second = standing["values"]
        names, self._position = standing["names"], float(standing["position"])
        self.names = (str(names[0]), str(names[1])) if names else None
        self._values, self._taken, self._revision = (dict(first), dict(second)), {*standing["taken"]}, -1

    def advance(self, time: float, beat: float) -> None:
        """Follow the fader. The show's thread, before each frame; the values land in that frame."""
        position = float(self._store.snapshot["preset"]["morph"])
        if position == self._position:
            return
        self._position = position
        if self.names is not None:
            self._store.run(self._store.journal.derive(self._set_values))

    # All below runs within an edit, on the show's thread.

    def _set_values(self) -> None:
        if self._revision != self._store.revision:
            self._revision, self._pairs = self._store.revision, self._find_pairs()
        self._setting = True
        try:
            for address, pair in self._pairs.items():
                value = pair.value_at(self._position)
                # A value that stands already is no news to controllers and recordings.
                if address not in self._taken and self._store.target(address) != value:
                    edit, _ = self._store.prepare(address, value)
                    edit()
        finally:
            self._setting = False

    def _find_pairs(self) -> dict[str, _Pair]:
        """Return the pairs of those parameters that there are; what does not fit is logged and left out."""
        first, second = self._values
        pairs = {}
        for address in first.keys() & second.keys():
            if address not in self._store:
                continue
            param = self._store.param(address)
            if isinstance(param, Trigger):
                continue
            try:
                pairs[address] = _Pair(param, param.parse(first[address]), param.parse(second[address]))
            except ParamError as error:
                log.warning("morph: %s: %s", address, error)
        return {address: pairs[address] for address in first if address in pairs}

    def _notice(self, address: str, before: Value) -> None:
        """Leave a parameter to whatever has set it, until the fader is set."""
        if address == FADER:
            self._taken.clear()
        elif not self._setting and self.names is not None:
            self._taken.add(address)


def _values_of(preset: Preset) -> dict[str, Value]:
    return {address: value for address, value in preset.flat_values().items() if is_recalled(address)}
