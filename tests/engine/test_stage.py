"""The stage: signals that plugins publish for modulators."""

import math

from likeness.stage import Signals


def test_signals_are_held_within_their_range_and_replaced_as_a_whole() -> None:
    signals = Signals()
    assert signals.value("puppet.jawOpen") == 0.0
    signals.publish("puppet", {"jawOpen": 0.25, "wide": 7.0, "odd": math.nan, "below": -1.0})
    signals.publish("other", {"jawOpen": 0.5})
    signals.end_update()
    assert [signals.value(f"puppet.{name}") for name in ("jawOpen", "wide", "odd", "below")] == [0.25, 1.0, 0.0, 0.0]
    # In the next frame one plugin says less and the other, which was bypassed, nothing.
    signals.publish("puppet", {"wide": 0.5})
    assert signals.value("other.jawOpen") == 0.5
    signals.end_update()
    assert (signals.value("puppet.jawOpen"), signals.value("puppet.wide"), signals.value("other.jawOpen")) == (
        0,
        0.5,
        0,
    )
