"""The audience in a show: told without a secret, and wiped of whom the server withdraws."""

from dataclasses import replace

import numpy as np
import pytest

from likeness.errors import InputError
from likeness.events import AudienceTurn, ForgetTurn
from likeness.inputs.audience.client import KEY_VARIABLE
from likeness.options import QUIET
from likeness.parameters.store import ParamStore
from likeness.show.audience import AudienceStage

# Nothing listens there.
NOWHERE = "http://127.0.0.1:9/"
KEY = "0123456789abcdef0123456789abcdef01234567"


def test_without_an_address_nobody_ever_comes_and_nothing_is_told() -> None:
    stage = AudienceStage(QUIET, ParamStore())
    assert stage.audience.ask() is None
    assert stage.counters() == {}
    assert stage.describe() == {"on": False}
    stage.close()


def test_a_render_asks_no_server() -> None:
    stage = AudienceStage(replace(QUIET, audience=NOWHERE, offline=True), ParamStore())
    assert stage.describe() == {"on": False}


def test_an_address_without_a_key_is_refused_before_the_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(InputError, match="--audience-key"):
        AudienceStage(replace(QUIET, audience=NOWHERE), ParamStore())


def test_what_is_told_holds_no_key_and_who_is_withdrawn_is_wiped_in_the_next_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    store = ParamStore()
    stage = AudienceStage(replace(QUIET, audience=NOWHERE), store)
    try:
        told = stage.describe()
        assert told["on"]
        assert told["operator"] == f"{NOWHERE}operator"
        assert KEY not in f"{told} {stage.counters()}"
        turn = AudienceTurn(1, np.zeros((8, 8, 3), np.uint8))
        stage._withdraw(turn)
        assert store.advance(0.02) == (ForgetTurn(turn),)
    finally:
        stage.close()
