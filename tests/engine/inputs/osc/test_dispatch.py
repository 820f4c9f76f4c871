"""Paths to parameters: resolved once, and again where a plugin comes or goes."""

import pytest

from likeness.errors import ParamError
from likeness.inputs.osc.dispatch import MOST_KNOWN, Dispatcher, UnknownAddressError
from likeness.inputs.osc.packet import Message
from likeness.parameters.store import ParamStore
from likeness.params import Float, Trigger


def test_a_path_is_looked_up_once_until_a_plugin_comes_or_goes(store: ParamStore) -> None:
    dispatcher = Dispatcher(store)
    first = dispatcher.find("/norm/walk/speed")
    assert first is not None
    assert (first.name, first.by_unit) == ("walk.speed", True)
    assert dispatcher.find("/norm/walk/speed") is first

    assert dispatcher.find("/late/level") is None
    store.declare("late", [Float("level", 0.5)])
    assert dispatcher.find("/late/level") is not None
    # Written anew and reloaded, it is something else under the same name.
    store.declare("late", [Trigger("level")])
    again = dispatcher.find("/late/level")
    assert again is not None
    assert isinstance(again.param, Trigger)
    store.withdraw("late")
    with pytest.raises(UnknownAddressError):
        dispatcher.prepare(Message("/late/level", (1.0,)))


@pytest.mark.parametrize(
    "path", ["/walk", "/walk/speed/", "/walk//speed", "/walk.speed", "/norm/speed", "/norm/walk/speed/x", "//", "/"]
)
def test_only_the_paths_of_the_documentation_are_parameters(store: ParamStore, path: str) -> None:
    assert Dispatcher(store).find(path) is None


def test_made_up_paths_do_not_fill_the_memory(store: ParamStore) -> None:
    dispatcher = Dispatcher(store)
    for number in range(2 * MOST_KNOWN):
        dispatcher.find(f"/nobody/{number}")
    assert len(dispatcher._known) <= MOST_KNOWN
    assert dispatcher.find("/walk/speed") is not None


def test_what_will_stand_as_it_was_written_is_told_from_what_was_clamped(store: ParamStore) -> None:
    dispatcher = Dispatcher(store)
    assert dispatcher.prepare(Message("/walk/speed", (9.0,))).written == (("/walk/speed", 9.0),)
    assert dispatcher.prepare(Message("/walk/speed", (99.0,))).written == ()
    with pytest.raises(ParamError, match=r"walk\.speed"):
        dispatcher.prepare(Message("/walk/speed", ("loud",)))
