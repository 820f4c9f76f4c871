"""Modulators that follow what a plugin measures."""

import math

import pytest

from likeness.errors import InputError
from likeness.parameters.modulation import Modulation
from likeness.parameters.modulator import Modulator

SPEED = "walk.speed"


def test_a_signal_of_a_plugin_moves_a_parameter_and_presses_a_trigger_where_it_rises() -> None:
    pressed: list[str] = []
    modulation = Modulation(press=pressed.append, is_trigger=lambda address: address == "walk.new")
    lead = {"source": "signal", "signal": "puppet.jawOpen", "attack": 0.0, "release": 0.0}
    modulation.add(Modulator(SPEED, amount=0.4, **lead))  # type: ignore[arg-type]  # as a preset holds it
    modulation.add(Modulator("walk.hz", amount=0.4, polarity="bipolar", **lead))  # type: ignore[arg-type]
    modulation.add(Modulator("walk.new", **lead))  # type: ignore[arg-type]
    values = (0.0, 0.5, 1.0, 0.75, 0.25, 0.75)
    moved = [modulation.advance(0.0, 0.0, signal={lead["signal"]: value}.__getitem__) for value in values]
    assert [each[SPEED] for each in moved] == pytest.approx([0.0, 0.2, 0.4, 0.3, 0.1, 0.3])
    assert [each["walk.hz"] for each in moved][:3] == pytest.approx([-0.4, 0.0, 0.4])
    assert pressed == ["walk.new", "walk.new"]
    # Nobody publishes it.
    assert modulation.advance(0.0, 0.0)[SPEED] == 0.0


def test_a_signal_that_ends_falls_as_slowly_as_its_release_says() -> None:
    modulation = Modulation()
    modulation.add(Modulator(SPEED, source="signal", signal="puppet.jawOpen", amount=1.0, attack=0.0, release=0.3))
    assert modulation.advance(0.0, 0.0, signal=lambda name: 1.0)[SPEED] == 1.0
    falling = [modulation.advance(0.1 * step, 0.0)[SPEED] for step in (1, 2, 3)]
    assert falling == pytest.approx([math.exp(-1), math.exp(-2), math.exp(-3)])


def test_a_signal_without_a_name_and_a_name_without_a_signal_are_refused() -> None:
    for values in ({"source": "signal"}, {"signal": "puppet.jawOpen"}, {"source": "signal", "signal": "x" * 200}):
        with pytest.raises(InputError, match="a signal has a name"):
            Modulator(SPEED, **values)  # type: ignore[arg-type]  # as they come from outside
