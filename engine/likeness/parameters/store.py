"""The parameter store: any thread leaves edits in its inbox, each frame publishes one immutable snapshot."""

import logging
import operator
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from likeness.errors import ParamError, nearest
from likeness.errors.fault_log import Faults
from likeness.events import Event, LatentCommand
from likeness.frame import Values
from likeness.parameters.journal import Edit, Journal
from likeness.parameters.state import Offsets, ParamState, carry_over, check_unique_names
from likeness.params import Float, Param, Trigger, Value

log = logging.getLogger(__name__)


class ParamStore:
    """Every parameter of the show, by `owner.name`.

    Any thread may call what writes: `set`, `toggle`, `recall`, `post`, `run`. It checks its arguments at once, raises
    what is wrong with them, and leaves an edit in the inbox. `advance`, which the show's thread alone calls, once a
    frame, runs the edits in the order in which they came, moves glides on and publishes `snapshot`. An edit that fails
    is logged and the next one runs. What is called from inside an edit, such as `emit`, takes effect in that frame.

    Threads never wait for one another here: the inbox is a deque, and a snapshot is replaced as a whole.

    Args:
        fatal: whether what fails ends the show instead of being logged: a render, which nobody watches.

    Attributes:
        snapshot: the values of the newest frame by owner and name, read-only; any thread.
        journal: gets every change, for takes.
        revision: counts declarations and withdrawals: what was looked up under another number may be stale.
    """

    def __init__(self, *, fatal: bool = False) -> None:
        self.fatal = fatal
        self._states: dict[str, dict[str, ParamState]] = {}
        self._inbox: deque[Edit] = deque()
        self._faults, self.journal = Faults(log, fatal=fatal), Journal()
        self._events: list[Event | LatentCommand] = []
        self._moving: set[str] = set()
        self._offsets = Offsets()
        self._presses: dict[str, Callable[[], Callable[[bool], bool]]] = {}
        self._actions: dict[str, Edit] = {}
        self.revision = 0
        self.snapshot: Mapping[str, Values] = MappingProxyType({})
        self._listeners: list[Callable[[str, Value], None]] = []
        self.journal.replayers["stop_glides"] = self.stop_glides

    # Declaring. The show's thread, or before it runs.

    def declare(self, owner: str, params: Sequence[Param], keep: bool = False) -> None:
        """Add `owner` with its parameters at their defaults; declared again, they start anew.

        Args:
            owner: a plugin's name, "master", "show".
            params: in the order in which they are shown.
            keep: where `owner` is there already, an unchanged parameter goes on as it is, and a changed one takes
                over the old value where it fits.

        Raises:
            ParamError: where a name comes twice.
        """
        check_unique_names(owner, params)
        before = self._states.get(owner, {}) if keep else {}
        states = {param.name: carry_over(param, before.get(param.name)) for param in params}
        self._states = {**self._states, owner: states}
        self.revision += 1
        self._publish({owner})

    def withdraw(self, owner: str) -> None:
        """Forget `owner`."""
        self._states = {name: states for name, states in self._states.items() if name != owner}
        self.revision += 1
        self._moving.discard(owner)
        self._publish(frozenset())

    def params(self) -> Iterator[tuple[str, Param]]:
        """Yield `(address, parameter)` in the order of declaration."""
        return ((address, state.param) for address, state in self.states())

    def states(self) -> Iterator[tuple[str, ParamState]]:
        """Yield `(address, state)` in the order of declaration. The show's thread; who changes one calls `refresh`."""
        for owner, states in self._states.items():
            for name, state in states.items():
                yield f"{owner}.{name}", state

    def refresh(self) -> None:
        """Publish all values anew and move on what moves. The show's thread, after `advance`."""
        self._moving |= self._states.keys()
        self._publish(self._states.keys())

    def param(self, address: str) -> Param:
        """Return the parameter at `owner.name`.

        Raises:
            ParamError: naming the nearest addresses there are.
        """
        return self._state(address).param

    def __contains__(self, address: str) -> bool:
        """Return whether there is a parameter at `owner.name`; cheaper than `param`, which looks for near names."""
        owner, _, name = address.partition(".")
        return name in self._states.get(owner, {})

    def target(self, address: str) -> Value:
        """Return what the parameter was last set to, as of the last frame. Raises like `set`. Any thread."""
        return self._state(address).target

    def takeover_value(self, address: str) -> Value:
        """Return the value a controller must meet to take over: the current one during a recall, else the target."""
        state = self._state(address)
        return state.value if state.ramp else state.target

    # Writing. Any thread.

    def set(self, address: str, value: object) -> None:
        """Set a parameter, in its own unit.

        Raises:
            ParamError: for an unknown address or a value that is refused; nothing changes then.
        """
        self._inbox.append(self.prepare(address, value)[0])

    def prepare(self, address: str, value: object) -> tuple[Edit, Value]:
        """Check now what `set` would do; return the edit for `run`, and the value as it will be set.

        Edits made in one `run` land in one frame.
        """
        state = self._state(address)
        parsed = self._parse(address, state, value)
        return self._change(address, state, parsed), parsed

    def prepare_unit(self, address: str, u: float) -> Edit:
        """Return the edit, for `run`, that sets a parameter by fader position `u` in [0, 1]. Raises like `set`."""
        state = self._state(address)
        return self._change(address, state, state.param.from_unit(u))

    def toggle(self, address: str) -> None:
        """Switch a parameter over, counted from its target when the frame begins. Raises like `set`."""
        self._inbox.append(self.prepare_toggle(address))

    def prepare_toggle(self, address: str) -> Edit:
        """Return the edit, for `run`, that `toggle` makes. Raises like `set`."""
        state, owner = self._state(address), address.partition(".")[0]
        state.param.parse(True)
        press = self._presses.get(address)
        switch = press() if press else operator.not_
        return lambda: self._edit(owner, state, switch(bool(state.target)), 0.0)

    def on_toggle(self, address: str, press: Callable[[], Callable[[bool], bool]]) -> None:
        """Let `press` decide what a toggle makes of the switch at `address`. Before the show runs.

        `press` is called by `toggle`, on its thread; what it returns gets the switch's value on the show's thread and
        returns the new one.
        """
        self._presses[address] = press

    def on_press(self, address: str, action: Edit, *, by_plugin: bool = False) -> None:
        """Run `action` on the show's thread at each press of the trigger at `address`. Before the show runs."""
        self._actions[address] = self.journal.derive(action) if by_plugin else self.journal.guard(action)

    def on_set(self, listener: Callable[[str, Value], None]) -> None:
        """Call `listener(address, target before)` on the show's thread whenever a target is set; not for triggers."""
        self._listeners.append(listener)

    def recall(self, values: Mapping[str, object], seconds: float = 0.0) -> list[str]:
        """Set many parameters by address; floats travel there in `seconds`. Return what was refused, in words.

        A control that is moved during the recall wins: its parameter follows it and the rest travel on.
        """
        edit, refused = self.prepare_recall(values, seconds)
        self._inbox.append(edit)
        return refused

    def prepare_recall(self, values: Mapping[str, object], seconds: float = 0.0) -> tuple[Edit, list[str]]:
        """Check now what `recall` would do; return it for `run`, and what was refused, in words."""
        refused, fit = [], []
        for address, value in values.items():
            try:
                state = self._state(address)
                fit.append((address.partition(".")[0], state, self._parse(address, state, value)))
            except ParamError as error:
                refused.append(str(error))

        def edit() -> None:
            for owner, state, value in fit:
                self._edit(owner, state, value, seconds)

        return edit, refused

    def post(self, event: Event | LatentCommand) -> None:
        """Emit `event` in the next frame."""
        self._inbox.append(lambda: self.emit(event))

    def emit(self, event: Event | LatentCommand) -> None:
        """Emit `event` in the frame that begins. Call from inside an edit only."""
        if not self.journal.deaf or isinstance(event, LatentCommand):
            self._events.append(self.journal.add_event(event))

    def run(self, edit: Edit) -> None:
        """Run `edit` on the show's thread, between two frames."""
        self._inbox.append(edit)

    def set_modulation(self, offsets: Mapping[str, float]) -> None:
        """Offset these parameters in the published snapshot (fader units); clear all other offsets.

        Targets stay as they are. Parameters without a fader, and addresses without a parameter, are left out. The
        show's thread.
        """
        self._offsets.replace(offsets, self._states)

    # Reading. The show's thread.

    def advance(self, dt: float, seen: bool = True) -> tuple[Event | LatentCommand, ...]:
        """Run the edits in the inbox, move glides on by `dt` seconds, publish `snapshot` and return the events.

        Args:
            dt: seconds since the last call.
            seen: whether the last snapshot reached the plugins; until one has, presses of triggers add up.
        """
        changed, kept = self._moving | self._offsets.pop_changed(), set()
        for owner in self._moving:
            for state in self._states[owner].values():
                if state.moving and isinstance(state.param, Trigger):
                    if seen:
                        state.advance(dt)
                    else:
                        kept.add(owner)
        self._moving = kept
        # Only what is there now: a flood cannot hold the frame up.
        for _ in range(len(self._inbox)):
            edit = self._inbox.popleft()
            # What a command left here may fail, and the frame and the edits behind it must not.
            try:
                edit()
            except Exception as error:  # noqa: BLE001
                self._faults.tell("a change between two frames", error)
        changed |= self._moving
        moving = set()
        for owner in changed & self._states.keys():
            for state in self._states[owner].values():
                if state.moving and not isinstance(state.param, Trigger):
                    state.advance(dt)
                if state.moving:
                    moving.add(owner)
        self._moving = moving
        if changed:
            self._publish(changed)
        events, self._events = tuple(self._events), []
        return events

    def stop_glides(self, keep: str) -> None:
        """Stop every glide and recall where it is, except those of the owner `keep`. The show's thread."""
        self.journal.add_action("stop_glides", keep)
        for address, state in self.states():
            if not address.startswith(f"{keep}.") and state.moving and isinstance(state.param, Float):
                self._report(address, state.target)
                state.hold()

    def finish_glides(self) -> None:
        """Run the edits in the inbox and let every glide arrive at once: how a show begins."""
        self.advance(0.0)
        for _, state in self.states():
            if isinstance(state.param, Float):
                state.jump_to_target()
        self._publish(self._states.keys())

    def targets(self) -> dict[str, dict[str, Value]]:
        """Return every target, by owner and name, without triggers."""
        return {
            owner: {name: state.target for name, state in states.items() if not isinstance(state.param, Trigger)}
            for owner, states in self._states.items()
        }

    def _state(self, address: str) -> ParamState:
        owner, _, name = address.partition(".")
        state = self._states.get(owner, {}).get(name)
        if state is None:
            raise ParamError(f"no parameter {address!r}; {nearest(address, (known for known, _ in self.params()))}")
        return state

    def _parse(self, address: str, state: ParamState, value: object) -> Value:
        try:
            return state.param.parse(value)
        except ParamError as error:
            raise ParamError(f"{address.partition('.')[0]}.{error}") from None

    def _change(self, address: str, state: ParamState, value: Value) -> Edit:
        return lambda: self._edit(address.partition(".")[0], state, value, 0.0)

    def _edit(self, owner: str, state: ParamState, value: Value, seconds: float) -> None:
        address = f"{owner}.{state.param.name}"
        if self.journal.deaf:
            return
        self.journal.add_set(address, state, value, seconds)
        if not isinstance(state.param, Trigger):
            self._report(address, state.target)
        elif value and address in self._actions:
            self._actions[address]()
        state.set(value, seconds)
        # It may have been withdrawn since the edit was checked.
        if owner in self._states:
            self._moving.add(owner)

    def _report(self, address: str, before: Value) -> None:
        for listener in self._listeners:
            listener(address, before)

    def _publish(self, owners: Set[str]) -> None:
        kept = {owner: values for owner, values in self.snapshot.items() if owner in self._states}
        for owner in owners & self._states.keys():
            kept[owner] = MappingProxyType({name: state.shown for name, state in self._states[owner].items()})
        self.snapshot = MappingProxyType({owner: kept[owner] for owner in self._states})
