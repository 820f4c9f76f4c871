"""The state of all parameters: any thread writes to the inbox, the show takes one immutable snapshot a frame."""

import logging
import operator
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from likeness.errors import ParamError, nearest
from likeness.events import Event, LatentCommand
from likeness.fault_log import Faults
from likeness.frame import Values
from likeness.parameters.state import ParamState, carry_over, check_unique_names
from likeness.params import Float, Param, Text, Trigger, Value

log = logging.getLogger(__name__)

Edit = Callable[[], None]


class ParamStore:
    """Every parameter of the show, by `owner.name`.

    `set`, `set_unit`, `recall` and `post` may be called from any thread: they check at once and take effect in the
    next `advance`, which the show's thread alone calls, in the order in which they came. Nothing here waits.
    """

    def __init__(self) -> None:
        self._cells: dict[str, dict[str, ParamState]] = {}
        self._inbox: deque[Edit] = deque()
        self._faults = Faults(log)
        self._events: list[Event | LatentCommand] = []
        self._restless: set[str] = set()
        self._swayed: dict[str, ParamState] = {}
        self._stirred: set[str] = set()
        self._presses: dict[str, Callable[[], Callable[[bool], bool]]] = {}
        self._actions: dict[str, Edit] = {}
        # Counts declarations and withdrawals: what was looked up under another number may be stale.
        self.revision = 0
        self.snapshot: Mapping[str, Values] = MappingProxyType({})
        self._listeners: list[Callable[[str, Value], None]] = []

    # Declaring. The show's thread, or before it runs.

    def declare(self, owner: str, params: Sequence[Param], keep: bool = False) -> None:
        """Add `owner` with its parameters at rest; declared again, they start anew.

        Args:
            owner: a plugin's name, "master", "show".
            params: in the order in which they are shown.
            keep: where `owner` is there already, a parameter that was not changed goes on as it is, and one that was
                takes the old value over where it fits.

        Raises:
            ParamError: where a name comes twice.
        """
        check_unique_names(owner, params)
        before = self._cells.get(owner, {}) if keep else {}
        cells = {param.name: carry_over(param, before.get(param.name)) for param in params}
        self._cells = {**self._cells, owner: cells}
        self.revision += 1
        self._publish({owner})

    def withdraw(self, owner: str) -> None:
        """Forget `owner`."""
        self._cells = {name: cells for name, cells in self._cells.items() if name != owner}
        self.revision += 1
        self._restless.discard(owner)
        self._publish(frozenset())

    def params(self) -> Iterator[tuple[str, Param]]:
        """Yield `(address, parameter)` in the order of declaration."""
        for owner, cells in self._cells.items():
            for name, cell in cells.items():
                yield f"{owner}.{name}", cell.param

    def param(self, address: str) -> Param:
        """Return the parameter at `owner.name`.

        Raises:
            ParamError: naming the nearest addresses there are.
        """
        return self._cell(address).param

    def __contains__(self, address: str) -> bool:
        """Whether there is a parameter at `owner.name`; cheaper than `param`, whose error looks for near names."""
        owner, _, name = address.partition(".")
        return name in self._cells.get(owner, {})

    def target(self, address: str) -> Value:
        """Return where the parameter was asked to be, as of the last frame. Raises like `set`. Any thread."""
        return self._cell(address).target

    def takeover_value(self, address: str) -> Value:
        """Return where a hand finds the parameter: on its way during a recall, else where it was asked to be."""
        cell = self._cell(address)
        return cell.value if cell.ramp else cell.target

    # Writing. Any thread.

    def set(self, address: str, value: object) -> None:
        """Ask for `value`, in the parameter's own unit.

        Raises:
            ParamError: for an unknown address or a value that is refused; nothing changes then.
        """
        edit, _ = self.prepare(address, value)
        self._inbox.append(edit)

    def set_unit(self, address: str, u: float) -> None:
        """Ask for the value at fader position `u` in [0, 1]. Raises like `set`."""
        self._inbox.append(self.prepare_unit(address, u))

    def prepare(self, address: str, value: object) -> tuple[Edit, Value]:
        """Check now what `set` would do; return the edit for `run`, and the value as it will stand.

        Edits made in one `run` land in one frame.
        """
        cell = self._cell(address)
        parsed = self._parse(address, cell, value)
        return self._change(address, cell, parsed), parsed

    def prepare_unit(self, address: str, u: float) -> Edit:
        """Check now what `set_unit` would do and return it for `run`."""
        cell = self._cell(address)
        return self._change(address, cell, cell.param.from_unit(u))

    def toggle(self, address: str) -> None:
        """Turn a switch over, counted from where it stands when the frame takes it. Raises like `set`."""
        cell = self._cell(address)
        cell.param.parse(True)
        owner = address.partition(".")[0]
        press = self._presses.get(address)
        turned = press() if press else operator.not_
        self._inbox.append(lambda: self._edit(owner, cell, turned(bool(cell.target)), 0.0))

    def on_toggle(self, address: str, press: Callable[[], Callable[[bool], bool]]) -> None:
        """Have `press` say what a toggle makes of the switch at `address`. Before the show runs.

        `press` is called by `toggle`, on its thread; what it returns gets the switch's value on the show's thread and
        returns the new one.
        """
        self._presses[address] = press

    def on_press(self, address: str, action: Edit) -> None:
        """Have `action` run on the show's thread at each press of the trigger at `address`. Before the show runs."""
        self._actions[address] = action

    def on_set(self, listener: Callable[[str, Value], None]) -> None:
        """Call `listener(address, target before)` on the show's thread whenever a target is set; not for triggers."""
        self._listeners.append(listener)

    def recall(self, values: Mapping[str, object], seconds: float = 0.0) -> list[str]:
        """Ask for many values by address; floats travel there in `seconds`. Return what was refused, in words.

        A hand on a control during the recall wins: that parameter follows the hand and the rest go on.
        """
        edit, refused = self.prepare_recall(values, seconds)
        self._inbox.append(edit)
        return refused

    def prepare_recall(self, values: Mapping[str, object], seconds: float = 0.0) -> tuple[Edit, list[str]]:
        """Check now what `recall` would do; return it for `run`, and what was refused, in words."""
        refused, fit = [], []
        for address, value in values.items():
            try:
                cell = self._cell(address)
                fit.append((address.partition(".")[0], cell, self._parse(address, cell, value)))
            except ParamError as error:
                refused.append(str(error))

        def edit() -> None:
            for owner, cell, value in fit:
                self._edit(owner, cell, value, seconds)

        return edit, refused

    def post(self, event: Event | LatentCommand) -> None:
        """Leave an event for the plugins."""
        self._inbox.append(lambda: self.emit(event))

    def emit(self, event: Event | LatentCommand) -> None:
        """Have `event` in the frame that begins. Within an edit, on the show's thread."""
        self._events.append(event)

    def run(self, edit: Edit) -> None:
        """Have `edit` run on the show's thread, between two frames."""
        self._inbox.append(edit)

    def set_modulation(self, offsets: Mapping[str, float]) -> None:
        """Have snapshots show these parameters moved by so much, in fader units, and all others as they are.

        What they were asked to be stays as it is: `target` and `targets` know nothing of it. What no fader sets, and
        what is not there, is left out. The show's thread.
        """
        swayed = {}
        for address, offset in offsets.items():
            owner, _, name = address.partition(".")
            cell = self._cells.get(owner, {}).get(name)
            if cell is None or isinstance(cell.param, Text | Trigger):
                continue
            swayed[address] = cell
            if cell.offset != offset:
                cell.offset = offset
                self._stirred.add(owner)
        for address in self._swayed.keys() - swayed.keys():
            self._swayed[address].offset = 0.0
            self._stirred.add(address.partition(".")[0])
        self._swayed = swayed

    # Reading. The show's thread.

    def advance(self, dt: float, seen: bool = True) -> tuple[Event | LatentCommand, ...]:
        """Take the inbox, move what glides on by `dt` seconds, publish `snapshot` and return the events.

        Args:
            dt: seconds since the last call.
            seen: whether the last snapshot reached the plugins; until one has, presses of triggers add up.
        """
        changed = self._restless | self._stirred
        self._stirred = set()
        kept = set()
        for owner in self._restless:
            for cell in self._cells[owner].values():
                if cell.moving and isinstance(cell.param, Trigger):
                    if seen:
                        cell.advance(dt)
                    else:
                        kept.add(owner)
        self._restless = kept
        # Only what is there now: a flood cannot hold the frame up.
        for _ in range(len(self._inbox)):
            edit = self._inbox.popleft()
            # What a command left here may fail, and the frame and the edits behind it must not.
            try:
                edit()
            except Exception as error:  # noqa: BLE001
                self._faults.tell("a change between two frames", error)
        changed |= self._restless
        restless = set()
        for owner in changed & self._cells.keys():
            for cell in self._cells[owner].values():
                if cell.moving and not isinstance(cell.param, Trigger):
                    cell.advance(dt)
                if cell.moving:
                    restless.add(owner)
        self._restless = restless
        if changed:
            self._publish(changed)
        events, self._events = tuple(self._events), []
        return events

    def stop_glides(self, keep: str) -> None:
        """Stop every glide and recall where it stands, but for those of the owner `keep`. The show's thread."""
        for owner, cells in self._cells.items():
            for cell in cells.values():
                if owner != keep and cell.moving and isinstance(cell.param, Float):
                    self._report(f"{owner}.{cell.param.name}", cell.target)
                    cell.hold()

    def finish_glides(self) -> None:
        """Take the inbox and let every glide arrive at once: how a show begins."""
        self.advance(0.0)
        for cells in self._cells.values():
            for cell in cells.values():
                if isinstance(cell.param, Float):
                    cell.jump_to_target()
        self._publish(self._cells.keys())

    def targets(self) -> dict[str, dict[str, Value]]:
        """Return where every parameter is asked to be, by owner and name; triggers are left out."""
        return {
            owner: {name: cell.target for name, cell in cells.items() if not isinstance(cell.param, Trigger)}
            for owner, cells in self._cells.items()
        }

    def _cell(self, address: str) -> ParamState:
        owner, _, name = address.partition(".")
        cell = self._cells.get(owner, {}).get(name)
        if cell is None:
            raise ParamError(f"no parameter {address!r}; {nearest(address, (known for known, _ in self.params()))}")
        return cell

    def _parse(self, address: str, cell: ParamState, value: object) -> Value:
        try:
            return cell.param.parse(value)
        except ParamError as error:
            raise ParamError(f"{address.partition('.')[0]}.{error}") from None

    def _change(self, address: str, cell: ParamState, value: Value) -> Edit:
        owner = address.partition(".")[0]
        return lambda: self._edit(owner, cell, value, 0.0)

    def _edit(self, owner: str, cell: ParamState, value: Value, seconds: float) -> None:
        address = f"{owner}.{cell.param.name}"
        if not isinstance(cell.param, Trigger):
            self._report(address, cell.target)
        elif value and address in self._actions:
            self._actions[address]()
        cell.set(value, seconds)
        # It may have been withdrawn since the edit was checked.
        if owner in self._cells:
            self._restless.add(owner)

    def _report(self, address: str, before: Value) -> None:
        for listener in self._listeners:
            listener(address, before)

    def _publish(self, owners: Set[str]) -> None:
        kept = {owner: values for owner, values in self.snapshot.items() if owner in self._cells}
        for owner in owners & self._cells.keys():
            kept[owner] = MappingProxyType({name: cell.shown for name, cell in self._cells[owner].items()})
        self.snapshot = MappingProxyType({owner: kept[owner] for owner in self._cells})


def to_address(name: object) -> str:
    """Return the `owner.name` of a parameter that is written so, or in OSC's way as "/owner/name"."""
    return str(name).strip("/").replace("/", ".")
