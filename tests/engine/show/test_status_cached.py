"""The answer to who asks for the numbers: JSON, fresh enough, and cheap to ask for."""

import json

import pytest

from likeness.show.status import FRESH_S, StatusCache


def test_many_questions_at_once_gather_once_and_a_later_one_anew() -> None:
    at, gathered = [100.0], []

    def gather() -> dict[str, int]:
        gathered.append(1)
        return {"frames": len(gathered)}

    numbers = StatusCache(gather, lambda: at[0])
    assert {numbers.text() for _ in range(1000)} == {'{"frames": 1}'}
    at[0] += FRESH_S * 0.9
    assert numbers.text() == '{"frames": 1}'
    at[0] += FRESH_S * 0.2
    told: list[tuple[object, ...]] = []
    numbers.answer(lambda *args: told.append(args))
    assert told == [("/status", '{"frames": 2}')]
    assert json.loads(numbers.text()) == {"frames": 2}


def test_what_is_no_json_is_refused_and_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        StatusCache(lambda: {"fps": float("nan")}).text()
