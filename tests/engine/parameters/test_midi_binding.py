"""Bindings against hand-made numbers; what makes no sense is refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness.errors import InputError
from likeness.parameters.midi_binding import Binding, Control


def test_each_entry_names_one_control() -> None:
    assert Binding("a.x", cc=7).control == Control("cc", 7)
    assert Binding("a.x", cc=7, bits=14).control == Control("cc14", 7)
    assert Binding("a.x", nrpn=300).control == Control("nrpn14", 300)
    assert Binding("a.x", nrpn=300, bits=7).control == Control("nrpn", 300)
    assert Binding("a.x", note=60).control == Control("note", 60)
    assert Binding("a.x", bend=True).control == Control("bend", 0)


def test_what_carries_a_fine_knob_is_no_knob_of_its_own() -> None:
    assert Control("cc14", 7).carriers == {Control("cc14", 7), Control("cc", 7), Control("cc", 39)}
    assert {Control("cc", number) for number in (6, 38, 98, 99)} < Control("nrpn14", 300).carriers
    assert Control("note", 6).carriers == {Control("note", 6)}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "exactly one of cc, nrpn, note and bend"),
        ({"cc": 1, "bend": True}, "exactly one of cc, nrpn, note and bend"),
        ({"cc": 128}, "0 to 127"),
        ({"nrpn": 16384}, "0 to 16383"),
        ({"cc": 32, "bits": 14}, "0 to 31"),
        ({"note": 1, "bits": 7}, "bits belong"),
        ({"nrpn": 1, "relative": "twos"}, "7 bits"),
        ({"cc": 1, "min": 0.5, "max": 0.5}, "min < max"),
        ({"cc": 1, "max": 1.5}, "max <= 1"),
        ({"cc": 1, "curve": 0.0}, "curve"),
        ({"cc": 1, "dead": 0.6}, "dead"),
        ({"cc": 1, "channel": 17}, "1 to 16"),
    ],
)
def test_a_binding_that_makes_no_sense_is_refused(fields: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Binding("walk.speed", **fields)  # type: ignore[arg-type]


def test_range_inversion_and_curve_lay_the_knob_over_the_fader() -> None:
    part = Binding("a.x", cc=1, min=0.2, max=0.6)
    assert [part.fader_position(u) for u in (0.0, 0.5, 1.0)] == pytest.approx([0.2, 0.4, 0.6])
    upside_down = Binding("a.x", cc=1, min=0.2, max=0.6, invert=True)
    assert [upside_down.fader_position(u) for u in (0.0, 0.25, 1.0)] == pytest.approx([0.6, 0.5, 0.2])
    assert Binding("a.x", cc=1, curve=2.0).fader_position(0.5) == pytest.approx(0.25)


def test_a_dead_zone_lies_at_the_ends_of_a_knob_and_about_the_middle_of_a_wheel() -> None:
    worn = Binding("a.x", cc=1, dead=0.1)
    assert [worn.fader_position(u) for u in (0.0, 0.05, 0.5, 0.95, 1.0)] == pytest.approx([0, 0, 0.5, 1, 1])
    wheel = Binding("a.x", bend=True, dead=0.2)
    assert [wheel.fader_position(u) for u in (0.0, 0.4, 0.5, 0.6, 1.0)] == pytest.approx([0, 0.5, 0.5, 0.5, 1])
    assert wheel.fader_position(0.2) == pytest.approx(0.25)


@given(st.floats(0, 1), st.floats(0.1, 10), st.booleans())
def test_a_ring_shows_where_the_knob_would_stand(u: float, curve: float, invert: bool) -> None:
    binding = Binding("a.x", cc=1, min=0.1, max=0.9, curve=curve, invert=invert)
    assert binding.fader_position(binding.knob_position(binding.fader_position(u))) == pytest.approx(
        binding.fader_position(u), abs=1e-6
    )


def test_a_file_holds_only_what_differs_from_the_defaults() -> None:
    assert Binding("a.x", cc=3).to_dict() == {"param": "a.x", "cc": 3}
    entry = Binding("a.x", nrpn=5, relative=None, invert=True, takeover="jump", channel=2)
    assert Binding(**entry.to_dict()) == entry  # type: ignore[arg-type]


def test_a_binding_hears_its_own_channel_and_controller() -> None:
    binding = Binding("a.x", cc=1, channel=3, port="apc")
    assert binding.matches("APC mini mk2 Control", 3)
    assert not binding.matches("APC mini mk2 Control", 4)
    assert not binding.matches("X-TOUCH MINI", 3)
