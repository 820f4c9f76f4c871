"""What an OSC message says of parameters: changes, presses, questions; by value, by fader position, by pattern."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from likeness.errors import LikenessError, ParamError
from likeness.inputs.osc.packet import Message
from likeness.inputs.osc.pattern import is_pattern, matching
from likeness.inputs.osc.reader import Traffic
from likeness.parameters.store import Edit, ParamStore
from likeness.params import Trigger, Value, to_number

NORM = "/norm"


class UnknownAddressError(ParamError):
    """Near names are looked for only where the answer is sent."""


@dataclass(frozen=True)
class Interpretation:
    """What to do for one message.

    Args:
        edits: for the store.
        answers: addresses and values for the sender.
        asked: addresses and values that the sender has asked for exactly as they will stand.
    """

    edits: Sequence[Edit] = ()
    answers: Sequence[tuple[str, Value]] = ()
    asked: Sequence[tuple[str, Value]] = ()


def interpret(store: ParamStore, message: Message) -> Interpretation:
    """Check `message` now and return what it means.

    Raises:
        LikenessError: where the address is unknown or the value is refused; by a pattern, where all refuse it.
    """
    if is_pattern(message.address):
        return _of_many(store, message)
    address, by_unit = _parameter(store, message.address)
    param = store.param(address)
    if message.args in ((), (None,)):
        if isinstance(param, Trigger):
            return Interpretation([store.prepare(address, 1)])
        value = store.target(address)
        return Interpretation(answers=[(message.address, param.to_unit(value) if by_unit else value)])
    if len(message.args) > 1:
        raise ParamError(f"{address}: takes one value, not {len(message.args)}; send one message for each")
    (wanted,) = message.args
    if not by_unit:
        edit = store.prepare(address, wanted)
        parsed = param.parse(wanted)
        # What is clamped is news to the sender.
        return Interpretation([edit], asked=[(message.address, parsed)] if parsed == wanted else ())
    u = to_number(wanted)
    if u is None:
        raise ParamError(f"{address}: {wanted!r} is not a position from 0 to 1")
    return Interpretation([store.prepare_unit(address, u)])


def classify(store: ParamStore, address: bytes) -> Traffic:
    """Return what messages to an OSC address are for, as far as it alone tells; numbers are for a `Meant.VALUE`."""
    try:
        name, _ = _parameter(store, address.decode("utf-8"))
    except (UnknownAddressError, UnicodeDecodeError):
        return Traffic.OTHER
    # Each press of a trigger counts.
    return Traffic.PARAMETER if isinstance(store.param(name), Trigger) else Traffic.VALUE


def _of_many(store: ParamStore, message: Message) -> Interpretation:
    known = [f"/{address.replace('.', '/')}" for address, _ in store.params()]
    if message.address.startswith(NORM + "/"):
        known = [NORM + address for address in known]
    refusal: LikenessError = UnknownAddressError("no parameter matches the pattern")
    fit = []
    for address in matching(message.address, known):
        try:
            fit.append(interpret(store, replace(message, address=address)))
        except ParamError as error:
            refusal = error
    if not fit:
        raise refusal
    return Interpretation(
        [edit for each in fit for edit in each.edits],
        [answer for each in fit for answer in each.answers],
        [asked for each in fit for asked in each.asked],
    )


def _parameter(store: ParamStore, path: str) -> tuple[str, bool]:
    """Return the parameter's address in the store, and whether it is meant by fader position."""
    name = path[1:].replace("/", ".")
    if path.count("/") == 2 and name in store:
        return name, False
    if name.startswith("norm.") and path.count("/") == 3 and name[5:] in store:
        return name[5:], True
    raise UnknownAddressError("no parameter or command has this address")
