"""Mouth moves: lips shut for a plosive behind any jaw, silence rests, and hands decide how much."""

from likeness.toolkit.mouth_moves import CHANNELS, move_lips

EVEN = dict.fromkeys((*CHANNELS, "amount"), 1.0) | {"rest": 0.0}
AH = (1.0, 0.2, 0.0, 0.0, 0.2, 0.0)


def test_silence_moves_nothing() -> None:
    assert set(move_lips((0.02, 0.0, 0.1, -0.01, 0.03, 0.0), EVEN).moves.values()) == {0.0}


def test_an_amount_of_nothing_moves_nothing() -> None:
    assert set(move_lips(AH, EVEN | {"amount": 0.0}).moves.values()) == {0.0}


def test_shut_lips_go_up_by_as_much_as_the_jaw_falls() -> None:
    moves = move_lips((0.6, 0.2, 0.9, 0.3, 0.4, 0.0), EVEN).moves
    assert moves["close"] == moves["jaw"] > 0.2
    assert moves["funnel"] == moves["bare"] == 0.0
    assert moves["press"] > 0.3


def test_open_lips_are_not_held_together() -> None:
    moves = move_lips(AH, EVEN).moves
    assert moves["close"] == 0.0
    assert moves["jaw"] > 0.9


def test_each_channel_has_a_hand_of_its_own_and_a_mouth_may_stand_open() -> None:
    assert move_lips(AH, EVEN | {"jaw": 0.0}).moves["jaw"] == 0.0
    assert move_lips(AH, EVEN | {"amount": 1.5}).moves["jaw"] > move_lips(AH, EVEN).moves["jaw"]
    assert move_lips((0.0,) * 6, EVEN | {"rest": 0.4}).moves["jaw"] == 0.4
    assert move_lips((0.0, 0.0, 1.0, 0.0, 0.0, 0.0), EVEN | {"rest": 0.4}).moves["jaw"] == 0.0


def test_with_life_it_breathes_and_blinks() -> None:
    moves = move_lips((0.0,) * 6, EVEN).with_life(breath=0.3, lids=0.8).moves
    assert (moves["breath"], moves["lids"]) == (0.3, 0.8)
