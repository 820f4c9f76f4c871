"""The window's keys as an input: master switches, actions of the show, and `Key` events for plugins."""

from collections.abc import Callable

from likeness.events import Key
from likeness.parameters.store import ParamStore

SWITCHES = {"space": "master.freeze", "b": "master.blackout"}
QUIT = "escape"


class Keyboard:
    """Maps keys to switches of the master and to actions; all others become `Key` events.

    Args:
        store: where parameters live.
        quit_show: ends the show.
    """

    def __init__(self, store: ParamStore, quit_show: Callable[[], None]) -> None:
        self._store, self._quit = store, quit_show
        self._actions: dict[str, Callable[[], None]] = {}

    def on_key(self, name: str, action: Callable[[], None]) -> None:
        """Call `action` when the key `name` is pressed, instead of handing a `Key` event to the plugins."""
        self._actions[name] = action

    def press(self, name: str) -> None:
        """Carry out a press of the key called `name` by pygame: "a", "left", "space". Any thread."""
        if name == QUIT:
            self._quit()
            return
        switch = SWITCHES.get(name)
        # A show without the switch leaves the key to the plugins.
        if switch is not None and switch in self._store:
            self._store.toggle(switch)
        elif name in self._actions:
            self._actions[name]()
        else:
            self._store.post(Key(name))
