"""Several changes in one frame, and looking a parameter up from any thread."""

import pytest

from likeness.errors import ParamError
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Float, Trigger


@pytest.fixture
def store() -> ParamStore:
    store = ParamStore()
    store.declare("walk", [Float("speed", 0.5, max=10.0), Bool("on"), Trigger("jump")])
    return store


def test_a_change_is_checked_at_once_and_made_when_it_is_called(store: ParamStore) -> None:
    change, value = store.prepare("walk.speed", 3)
    assert value == 3.0
    store.advance(0.0)
    assert store.snapshot["walk"]["speed"] == 0.5

    store.run(change)
    store.advance(0.0)
    assert store.snapshot["walk"]["speed"] == 3.0


def test_a_change_by_fader_position_is_scaled_to_the_range(store: ParamStore) -> None:
    store.run(store.prepare_unit("walk.speed", 0.25))
    store.advance(0.0)
    assert store.snapshot["walk"]["speed"] == 2.5


def test_a_change_that_is_refused_names_what_would_do(store: ParamStore) -> None:
    with pytest.raises(ParamError, match="from 0 to 10"):
        store.prepare("walk.speed", "fast")
    with pytest.raises(ParamError, match=r"walk\.speed"):
        store.prepare_unit("walk.sped", 0.5)


def test_presses_within_one_call_add_up(store: ParamStore) -> None:
    presses = [store.prepare("walk.jump", 1)[0], store.prepare("walk.jump", 1)[0]]

    def both() -> None:
        for press in presses:
            press()

    store.run(both)
    store.advance(0.0)
    assert store.snapshot["walk"]["jump"] == 2


def test_membership_tells_declared_addresses_from_others(store: ParamStore) -> None:
    assert "walk.speed" in store
    for stranger in ("walk", "walk.", ".speed", "speed", "walk.speed.x", ""):
        assert stranger not in store


def test_the_target_is_where_a_gliding_parameter_is_going(store: ParamStore) -> None:
    store.declare("face", [Float("age", 0.0, glide=1.0)])
    store.set("face.age", 1.0)
    store.advance(0.01)
    assert store.target("face.age") == 1.0
    assert 0.0 < float(store.snapshot["face"]["age"]) < 0.5
    with pytest.raises(ParamError, match=r"face\.age"):
        store.target("face.agee")
