"""A knob takes a value over without a jump, whatever else plays the parameter meanwhile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness.inputs.midi.takeover import Knob
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Choice, Float, Int, Trigger
from likeness.ranges import Takeover

STEP = 1 / 127
FOLLOWER = Float("x", 0.5, min=0.01, max=10.0, warp="exp", glide=0.1)


def a_store() -> ParamStore:
    store = ParamStore()
    store.declare(
        "a", [FOLLOWER, Int("n", 0, max=3), Choice("mode", "in", ("in", "out", "up")), Bool("on"), Trigger("go")]
    )
    return store


def a_knob(store: ParamStore, mode: Takeover = "soft", param: str = "a.x", **fields: object) -> Knob:
    return Knob(store, Binding(param, cc=1, **fields), mode)  # type: ignore[arg-type]


def turn(store: ParamStore, knob: Knob, *raws: int) -> float:
    for raw in raws:
        store.run(lambda raw=raw: knob.turn(raw / 127, STEP))  # type: ignore[misc]
    store.advance(0.01)
    return position(store, knob.binding.param)


def position(store: ParamStore, address: str = "a.x") -> float:
    return store.param(address).to_unit(store.takeover_value(address))


knob_moves = st.tuples(st.just("knob"), st.integers(0, 127))
other_knob = st.tuples(st.just("other"), st.integers(0, 127))
foreign = st.tuples(st.just("set"), st.sampled_from([0.0, 0.2, 0.5, 0.51, 0.9, 1.0]) | st.floats(0, 1))
recalls = st.tuples(st.just("recall"), st.floats(0, 1))
frames = st.tuples(st.just("frame"), st.floats(0, 0.5))
curves = st.sampled_from([0.5, 1.0, 3.0])


@given(st.lists(knob_moves | knob_moves | other_knob | foreign | recalls | frames, max_size=60), curves, st.booleans())
def test_the_knob_never_makes_the_value_jump(steps: list[tuple[str, float]], curve: float, invert: bool) -> None:
    """No further than the knob itself went, plus one step of it; the first move has no way behind it."""
    store = a_store()
    knob, other = a_knob(store, curve=curve, invert=invert), a_knob(store, min=0.25)
    before: float | None = None
    for kind, value in steps:
        if kind == "set":
            store.run(store.prepare_unit("a.x", value))
        elif kind == "recall":
            store.recall({"a.x": FOLLOWER.from_unit(value)}, seconds=1.0)
        elif kind == "other":
            store.run(lambda value=value: other.turn(value / 127, STEP))  # type: ignore[misc]
        elif kind == "frame":
            store.advance(value)
        else:
            store.advance(0.0)
            was, at = position(store), knob.binding.fader_position(value / 127)
            knob.turn(value / 127, STEP)
            steps_of_knob = [
                abs(knob.binding.fader_position((value + d) / 127) - at) for d in (-1, 1) if 0 <= value + d <= 127
            ]
            way = 0.0 if before is None else abs(at - before)
            assert abs(position(store) - was) <= way + max(steps_of_knob) + 1e-6
            before = at


def test_a_knob_does_nothing_until_it_meets_the_value_and_then_follows() -> None:
    store = a_store()
    knob = a_knob(store)
    store.run(store.prepare_unit("a.x", 0.5))
    assert turn(store, knob, 0, 20, 40) == pytest.approx(0.5)
    assert turn(store, knob, 62) == pytest.approx(0.5)
    assert turn(store, knob, 64) == pytest.approx(64 / 127)
    assert turn(store, knob, 127) == pytest.approx(1.0)
    store.run(store.prepare_unit("a.x", 0.2))
    assert turn(store, knob, 126) == pytest.approx(0.2)
    assert turn(store, knob, 10) == pytest.approx(10 / 127)


def test_a_knob_that_jumps_over_the_value_in_one_message_catches_it() -> None:
    store = a_store()
    knob = a_knob(store)
    store.run(store.prepare_unit("a.x", 0.5))
    assert turn(store, knob, 10, 100) == pytest.approx(100 / 127)


def test_a_value_that_went_away_and_came_back_is_not_followed_from_elsewhere() -> None:
    store = a_store()
    knob = a_knob(store, "soft")
    store.run(store.prepare_unit("a.x", 0.0))
    turn(store, knob, 0, 25)
    store.run(store.prepare_unit("a.x", 0.9))
    turn(store, knob, 60)
    store.run(store.prepare_unit("a.x", 25 / 127))
    assert turn(store, knob, 61) == pytest.approx(25 / 127)


def test_during_a_recall_the_knob_meets_the_value_on_its_way() -> None:
    store = a_store()
    knob = a_knob(store)
    store.run(store.prepare_unit("a.x", 0.0))
    store.finish_glides()
    turn(store, knob, 0)
    store.recall({"a.x": FOLLOWER.max}, seconds=1.0)
    store.advance(0.5)
    assert position(store) == pytest.approx(0.5)
    # It stands at 0 and the value is half-way: past the middle it catches, and the recall lets go.
    store.run(lambda: knob.turn(64 / 127, STEP))
    store.advance(0.0)
    store.advance(1.0)
    assert position(store) == pytest.approx(64 / 127)


def test_the_way_still_to_go_is_told() -> None:
    store = a_store()
    knob = a_knob(store)
    assert knob.gap() == 0.0
    store.run(store.prepare_unit("a.x", 0.75))
    turn(store, knob, 0)
    assert knob.gap() == pytest.approx(0.75)
    turn(store, knob, 127)
    assert knob.gap() == 0.0
    store.run(store.prepare_unit("a.x", 0.25))
    store.advance(0.01)
    assert knob.gap() == pytest.approx(-0.75)


def test_scaling_moves_at_once_and_arrives_at_the_end_with_the_knob() -> None:
    store = a_store()
    knob = a_knob(store, "scale")
    store.run(store.prepare_unit("a.x", 0.8))
    assert turn(store, knob, 0) == pytest.approx(0.8)
    # Half the knob's way up is half of what the value has left.
    assert turn(store, knob, 63) == pytest.approx(0.8 + 0.2 * 63 / 127)
    assert turn(store, knob, 127) == pytest.approx(1.0)
    assert turn(store, knob, 50) == pytest.approx(50 / 127)
    store.run(store.prepare_unit("a.x", 0.2))
    assert turn(store, knob, 0) == pytest.approx(0.0)


def test_jump_takes_the_value_at_once_and_a_binding_overrules_the_show() -> None:
    store = a_store()
    assert turn(store, a_knob(store, "jump"), 127) == pytest.approx(1.0)
    assert turn(store, a_knob(store, "soft", takeover="jump"), 0) == pytest.approx(0.0)


def test_numbers_and_choices_are_met_too() -> None:
    store = a_store()
    for param, end in (("a.n", 3), ("a.mode", "up")):
        store.set(param, end)
        knob = a_knob(store, param=param)
        turn(store, knob, 0, 30)
        assert store.target(param) == end
        turn(store, knob, 127, 0)
        assert store.target(param) != end


def test_a_switch_has_nothing_to_meet() -> None:
    store = a_store()
    turn(store, a_knob(store, param="a.on"), 127)
    assert store.target("a.on") is True
    store.run(lambda: a_knob(store, param="a.go").turn(1.0, STEP))
    store.advance(0.01)
    assert store.snapshot["a"]["go"] == 1


def test_a_button_is_pressed_when_it_goes_down_and_a_key_at_each_word_but_its_release() -> None:
    button = a_knob(a_store(), param="a.on", press="toggle")
    assert [button.pressed(raw / 127) for raw in (127, 0, 127, 127, 64, 0, 1)] == [True, False, True] + 4 * [False]
    key = Knob(a_store(), Binding("a.on", note=1), "soft")
    assert [key.pressed(u) for u in (0.1, 0.9, 0.0)] == [True, True, False]


def test_a_held_key_is_on_while_it_is_held() -> None:
    store = a_store()
    switch = Knob(store, Binding("a.on", note=1, press="hold"), "soft")
    fader = Knob(store, Binding("a.x", note=1, press="hold"), "soft")
    for velocity, on, at in ((0.5, True, 0.5), (0.0, False, 0.0)):
        store.run(lambda v=velocity: (switch.press(v), fader.press(v)))  # type: ignore[misc]
        store.advance(0.01)
        assert (store.target("a.on"), position(store)) == (on, pytest.approx(at))


def test_an_encoder_goes_on_from_wherever_the_value_is() -> None:
    store = a_store()
    knob = a_knob(store, relative="twos", step=0.1)
    store.run(store.prepare_unit("a.x", 0.5))
    store.advance(0.0)
    knob.click(2)
    assert position(store) == pytest.approx(0.7)
    store.run(store.prepare_unit("a.x", 0.1))
    store.advance(0.0)
    knob.click(-3)
    assert position(store) == pytest.approx(0.0)


def test_an_encoder_needs_as_many_clicks_for_a_whole_number_as_its_step_says() -> None:
    store = a_store()
    knob = a_knob(store, param="a.n", relative="twos", step=0.1)
    seen = []
    for _ in range(10):
        knob.click(1)
        seen.append(store.target("a.n"))
    # A third of the way is one: 0.1 to 1.0 times 3, rounded.
    assert seen == [0, 1, 1, 1, 2, 2, 2, 2, 3, 3]


def test_a_knob_whose_plugin_is_gone_does_nothing() -> None:
    store = a_store()
    knob = a_knob(store)
    turn(store, knob, 3)
    store.withdraw("a")
    knob.turn(0.5, STEP)
    knob.press(1.0)
    knob.click(1)
    assert knob.gap() == 0.0


def test_a_control_that_was_sent_as_near_as_it_can_go_still_waits() -> None:
    store = a_store()
    knob = a_knob(store, max=0.5)
    store.run(store.prepare_unit("a.x", 0.9))
    store.run(knob.place_at_target)
    # It stands at its top, which is half of the fader.
    assert turn(store, knob, 126) == pytest.approx(0.9)
    store.run(store.prepare_unit("a.x", 0.25))
    store.run(knob.place_at_target)
    assert turn(store, knob, 66) == pytest.approx(0.5 * 66 / 127)
