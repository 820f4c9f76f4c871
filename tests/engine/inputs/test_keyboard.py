"""Keys of the window."""

from likeness.events import Key
from likeness.inputs.keyboard import Keyboard
from likeness.parameters.store import ParamStore


def quit_never() -> None:
    raise AssertionError("the show was ended")


def test_space_freezes_and_b_blacks_out_and_again_undoes_it(store: ParamStore) -> None:
    keyboard = Keyboard(store, quit_never)
    for key, switch in (("space", "freeze"), ("b", "blackout")):
        for expected in (True, False):
            keyboard.press(key)
            assert store.advance(0.01) == ()
            assert store.snapshot["master"][switch] is expected


def test_escape_ends_the_show(store: ParamStore) -> None:
    ended: list[bool] = []
    Keyboard(store, lambda: ended.append(True)).press("escape")
    assert ended == [True]
    assert store.advance(0.01) == ()


def test_other_keys_are_events_for_the_plugins(store: ParamStore) -> None:
    keyboard = Keyboard(store, quit_never)
    keyboard.press("left")
    keyboard.press("a")
    assert store.advance(0.01) == (Key("left"), Key("a"))


def test_without_a_master_its_keys_are_events_too() -> None:
    store = ParamStore()
    Keyboard(store, quit_never).press("space")
    assert store.advance(0.01) == (Key("space"),)
