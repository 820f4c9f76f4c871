"""OSC messages to edits of the store and replies: by value, by fader position, by pattern, or as a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from likeness.errors import LikenessError, ParamError
from likeness.inputs.osc.packet import Message
from likeness.inputs.osc.pattern import is_pattern, match_pattern
from likeness.parameters.journal import Edit
from likeness.parameters.store import ParamStore
from likeness.params import Param, Trigger, Value, to_number

NORM = "/norm"
# Paths whose parameter is remembered; made-up ones cannot fill the memory.
MOST_KNOWN = 4096


class UnknownAddressError(ParamError):
    """No parameter has the address. Near names are looked for only where a reply is sent."""


@dataclass(frozen=True, slots=True)
class Address:
    """An OSC path that was resolved.

    Args:
        path: as it was sent, "/owner/name" or "/norm/owner/name".
        name: the parameter's name in the store, "owner.name".
        param: the parameter.
        by_unit: whether values are fader positions in [0, 1].
    """

    path: str
    name: str
    param: Param
    by_unit: bool


class PreparedMessage(NamedTuple):
    """What one message asks for, checked.

    Args:
        edits: for the store.
        replies: paths and values for the sender.
        written: paths and values that will stand exactly as the sender wrote them.
    """

    edits: Sequence[Edit] = ()
    replies: Sequence[tuple[str, Value]] = ()
    written: Sequence[tuple[str, Value]] = ()


class Dispatcher:
    """Resolves each path once, until a plugin comes or goes. One thread at a time.

    Args:
        store: where parameters live.
    """

    def __init__(self, store: ParamStore) -> None:
        self._store = store
        self._known: dict[str, Address | None] = {}
        self._revision = store.revision

    def find(self, path: str) -> Address | None:
        """Return the parameter at an OSC path; None where there is none."""
        known = self._known
        # The fast path: once for each datagram of a flood.
        if path in known and self._revision == self._store.revision:
            return known[path]
        if self._revision != self._store.revision or len(known) >= MOST_KNOWN:
            self._revision = self._store.revision
            known.clear()
        address = known[path] = self._look_up(path)
        return address

    def prepare(self, message: Message) -> PreparedMessage:
        """Check `message` now and return what it asks for.

        Raises:
            LikenessError: where the address is unknown or the value is refused; by a pattern, where all refuse it.
        """
        if is_pattern(message.address):
            return self._prepare_matching(message)
        address = self.find(message.address)
        if address is None:
            raise UnknownAddressError("no parameter or command has this address")
        return self._prepare_one(address, message.args)

    def paths(self) -> list[str]:
        """Return the paths of all parameters, by value."""
        return ["/" + name.replace(".", "/") for name, _ in self._store.params()]

    def _prepare_one(self, address: Address, args: tuple[object, ...]) -> PreparedMessage:
        store, param = self._store, address.param
        if args in ((), (None,)):
            if isinstance(param, Trigger):
                edit, _ = store.prepare(address.name, 1)
                return PreparedMessage((edit,))
            value = store.target(address.name)
            return PreparedMessage(replies=((address.path, param.to_unit(value) if address.by_unit else value),))
        if len(args) > 1:
            raise ParamError(f"{address.name}: takes one value, not {len(args)}; send one message for each")
        (wanted,) = args
        if address.by_unit:
            u = to_number(wanted)
            if u is None:
                raise ParamError(f"{address.name}: {wanted!r} is not a position from 0 to 1")
            return PreparedMessage((store.prepare_unit(address.name, u),))
        edit, value = store.prepare(address.name, wanted)
        # What was clamped is news to the sender.
        return PreparedMessage((edit,), written=((address.path, value),) if value == wanted else ())

    def _prepare_matching(self, message: Message) -> PreparedMessage:
        paths = self.paths()
        if message.address.startswith(NORM + "/"):
            paths = [NORM + path for path in paths]
        refusal: LikenessError = UnknownAddressError("no parameter matches the pattern")
        prepared = []
        for address in filter(None, map(self._look_up, match_pattern(message.address, paths))):
            try:
                prepared.append(self._prepare_one(address, message.args))
            except ParamError as error:
                refusal = error
        if not prepared:
            raise refusal
        return PreparedMessage(
            [edit for each in prepared for edit in each.edits],
            [reply for each in prepared for reply in each.replies],
            [written for each in prepared for written in each.written],
        )

    def _look_up(self, path: str) -> Address | None:
        name, slashes = path[1:].replace("/", "."), path.count("/")
        by_unit = slashes == 3 and name.startswith("norm.")
        name = name.removeprefix("norm.") if by_unit else name
        if slashes != (3 if by_unit else 2) or name not in self._store:
            return None
        return Address(path, name, self._store.param(name), by_unit)
