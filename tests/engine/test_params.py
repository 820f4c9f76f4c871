"""Parameters: parse at the edge, fader positions, ranges in words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness import Bool, Choice, Float, Int, Text, Trigger
from likeness.errors import ParamError

SPEED = Float("speed", 0.5, min=0.01, max=10, unit="Hz", warp="exp")


@pytest.mark.parametrize(("sent", "heard"), [(0.3, 0.3), ("0.3", 0.3), (99, 10.0), (-1, 0.01), (True, 1.0)])
def test_a_fader_clamps_numbers_and_reads_them_from_text(sent: object, heard: float) -> None:
    assert SPEED.parse(sent) == heard


@pytest.mark.parametrize("nonsense", ["fast", None, math.nan, math.inf, [1], "1e999", b"1"])
def test_nonsense_is_refused_with_the_range_named(nonsense: object) -> None:
    with pytest.raises(ParamError, match=r"speed: .* is not a number from 0.01 to 10 Hz"):
        SPEED.parse(nonsense)


def test_an_exponential_fader_has_its_geometric_mean_in_the_middle() -> None:
    assert SPEED.from_unit(0.5) == pytest.approx(math.sqrt(0.01 * 10))
    assert (SPEED.from_unit(0), SPEED.from_unit(1)) == (0.01, 10)


@given(st.floats(0, 1))
def test_fader_positions_survive_the_way_there_and_back(u: float) -> None:
    for param in (SPEED, Float("x", 0, min=-3, max=5)):
        assert param.to_unit(param.from_unit(u)) == pytest.approx(u, abs=1e-9)


@given(st.one_of(st.text(max_size=8), st.floats(), st.integers(), st.booleans(), st.none()))
def test_whatever_is_sent_a_value_lies_in_range_or_is_refused(sent: object) -> None:
    for param in (SPEED, Int("n", 3, min=1, max=8)):
        try:
            value = param.parse(sent)
        except ParamError:
            continue
        assert param.min <= value <= param.max


@pytest.mark.parametrize(
    ("sent", "heard"), [("on", True), ("False", False), (1, True), (0, False), (0.4, False), (127, True)]
)
def test_a_switch_takes_words_and_numbers(sent: object, heard: bool) -> None:
    assert Bool("freeze").parse(sent) is heard


def test_a_choice_takes_its_words_and_their_index_and_names_the_nearest() -> None:
    easing = Choice("easing", "smooth", ("linear", "smooth", "cubic"))
    assert [easing.parse("cubic"), easing.parse(0), easing.parse(99)] == ["cubic", "linear", "cubic"]
    assert [easing.from_unit(u) for u in (0, 0.34, 1)] == ["linear", "smooth", "cubic"]
    with pytest.raises(ParamError, match="nearest: smooth"):
        easing.parse("smoth")


def test_a_trigger_is_pressed_by_anything_above_zero() -> None:
    assert [Trigger("go").parse(value) for value in (1, 0.2, 0, "1")] == [1, 1, 0, 1]


def test_a_text_refuses_faders_and_floods() -> None:
    with pytest.raises(ParamError):
        Text("faces").from_unit(0.5)
    with pytest.raises(ParamError, match="at most 4096"):
        Text("faces").parse("x" * 5000)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: Float("x", 2.0),
        lambda: Float("x", 0.5, min=1, max=0),
        lambda: Float("x", 0.0, warp="exp"),
        lambda: Int("n", 200),
        lambda: Choice("c", "no", ("yes",)),
        lambda: Bool("two words"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(declare: object) -> None:
    assert callable(declare)
    with pytest.raises(ParamError):
        declare()
