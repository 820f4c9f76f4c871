"""Rack player: the changes of a rack that a take holds, played again."""

from collections.abc import Callable, Sequence
from functools import partial

from likeness.host.host import Host
from likeness.host.slot import RackChange, Slot
from likeness.parameters.journal import Journal
from likeness.show.rack_editor import RackEditor


class RackPlayer:
    """Plays a take's racks: in a render in their frame, live as soon as the plugins are started.

    Args:
        host, editor: of the show.
        journal: of its store; it gets `play` as what plays a rack again.
    """

    def __init__(self, host: Host, editor: RackEditor, journal: Journal) -> None:
        self._host, self._editor = host, editor
        journal.replayers["rack"] = self.play

    def play(self, names: Sequence[str], fresh: Sequence[str]) -> None:
        """Play the plugins `names` in this order; those in `fresh` are loaded anew. Within an edit."""
        editor = self._editor
        if editor.stage.offline:
            self._play(names, fresh, editor.swap_now)
        else:
            editor.submit("the take's rack is not taken", lambda: self._play(names, fresh, editor.swap))

    def _play(
        self, names: Sequence[str], fresh: Sequence[str], swap: Callable[[Callable[[], RackChange]], None]
    ) -> None:
        stage = self._editor.stage
        new = {name: self._editor.start_new(name) for name in fresh}
        gone: list[Slot] = []

        def change() -> RackChange:
            there = {slot.name: slot for slot in self._host.rack}
            pairs: list[tuple[Slot | None, Slot | None]] = [(there.get(name), slot) for name, slot in new.items()]
            pairs += [(slot, None) for name, slot in there.items() if name not in names]
            gone.extend(old for old, _ in pairs if old)
            every = {**there, **new}
            return RackChange([every[name] for name in names if name in every], pairs)

        swap(change)
        self._editor.stop_later([partial(self._host.stop_plugin, slot, stage) for slot in gone])
