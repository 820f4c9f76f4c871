"""OSC commands that add, change and remove modulators while the show plays."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from likeness.errors import InputError
from likeness.errors.fault_log import log_refusal
from likeness.parameters.modulation import Modulation, modulators_of
from likeness.parameters.modulator import parse_modulator
from likeness.parameters.state import to_address
from likeness.parameters.store import ParamStore
from likeness.params import Text, is_press, to_number

log = logging.getLogger(__name__)


def modulation_commands(modulation: Modulation, store: ParamStore) -> Mapping[str, Callable[..., None]]:
    """Return the commands that add, change and remove modulators while the show plays.

    `/mod/add PARAM KEY VALUE ...`, `/mod/set PARAM PLACE KEY VALUE ...`, `/mod/remove PARAM [PLACE]`, `/mod/clear`:
    keys as in a preset's `[[modulation]]`, places from 0 among those of the parameter. What does not fit is refused
    at once; the rest happens between two frames.
    """

    def add(param: object, *pairs: object) -> None:
        address = _modulated(store, param)
        modulator = parse_modulator({"param": address, **_values(pairs)})
        _run_later(store, lambda: modulation.add(modulator))

    def change(param: object, place: object, *pairs: object) -> None:
        address, number, values = _modulated(store, param), _place(place), _values(pairs)
        there = modulators_of(modulation.entries, address)
        if number < len(there):
            there[number].with_values(**values)
        _run_later(store, lambda: modulation.change(address, number, values))

    def remove(param: object, place: object = None) -> None:
        address, number = to_address(param), None if place is None else _place(place)
        _run_later(store, lambda: modulation.remove(address, number))

    def clear(value: object = 1) -> None:
        if is_press(value):
            _run_later(store, lambda: modulation.replace(()))

    return {"/mod/add": add, "/mod/set": change, "/mod/remove": remove, "/mod/clear": clear}


def _run_later(store: ParamStore, order: Callable[[], None]) -> None:
    """Run `order` between two frames; log what it refuses by then."""

    def run() -> None:
        with log_refusal(log):
            order()

    store.run(run)


def _modulated(store: ParamStore, param: object) -> str:
    address = to_address(param)
    if isinstance(store.param(address), Text):
        raise InputError(f"{address} is a text, which nothing can modulate")
    return address


def _place(place: object) -> int:
    number = to_number(place)
    if number is None or number < 0:
        raise InputError(f"modulation: {place!r} is no place; they count from 0")
    return round(number)


def _values(pairs: Sequence[object]) -> dict[str, Any]:
    """Return key and value pairs as a preset would hold them."""
    if len(pairs) % 2:
        raise InputError(f"modulation: give a key and a value for each, not {len(pairs)} words")
    values: dict[str, Any] = {str(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}
    if "param" in values:
        raise InputError("modulation: the parameter comes first, once")
    if "steps" in values:
        values["steps"] = str(values["steps"]).replace(",", " ").split()
    if "band" in values:
        number = to_number(values["band"])
        values["band"] = str(values["band"]) if number is None else str(round(number))
    return values
