"""The link of a show to the audience's server: who comes, who goes, and what a server that is gone does to the show."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from tests.engine.audience.conftest import decoded_here  # noqa: F401 - a fixture
from tests.engine.audience.served import Served

from likeness.audience import moderation
from likeness.audience.night import NightPlan
from likeness.audience.stage_routes import stage_key
from likeness.audience.states import State
from likeness.errors import InputError
from likeness.events import AudienceTurn
from likeness.inputs.audience import link as link_module
from likeness.inputs.audience.client import AudienceClient, LinkError
from likeness.inputs.audience.link import AudienceLink
from likeness.stage import Audience

PATIENCE_S = 20.0
T = TypeVar("T")


class Rig:
    """A served evening with a stage, and a show's link to it; the test plays the plugin."""

    def __init__(self, served: Served) -> None:
        self.served, self.audience = served, Audience()
        self.withdrawn: list[AudienceTurn] = []
        self.client = AudienceClient(served.url, stage_key(served.evening))
        self.link = AudienceLink(self.client, self.audience, self.withdrawn.append)
        self.link.start()

    def approved(self, **changed: str) -> tuple[str, int]:
        """Let somebody come who is let in."""
        key, number = self.served.come(**changed)
        self.served.work()
        self.served.approve(number)
        self.served.work()
        return key, number

    def next_turn(self) -> AudienceTurn:
        """Wait for the next one, as the plugin does, frame by frame."""
        return until(self.audience.ask)

    def state(self, number: int) -> State:
        return self.served.guests.state(number)

    def press(self, act: Callable[..., object], *arguments: object) -> None:
        with self.served.evening.database.writing() as session:
            act(session, *arguments, self.served.clock())


def until(ask: Callable[[], T | None]) -> T:
    """Ask until there is something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := ask()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)
    return found


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory, decoded_here: None) -> Iterator[Served]:  # noqa: F811
    served = Served(tmp_path_factory.mktemp("evening"), NightPlan(stage=True, capacity=1000))
    yield served
    served.close()


@pytest.fixture
def rig(evening: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    for name in ("LOOK_S", "KEEP_S", "NEXT_S", "STATE_S", "AGAIN_S"):
        monkeypatch.setattr(link_module, name, 0.02)
    rig = Rig(evening)
    yield rig
    rig.link.close()
    evening.evening.deletion.delete_night(evening.clock())


def test_who_was_let_in_comes_once_with_photo_and_name_and_has_left_after_the_turn(rig: Rig) -> None:
    key, number = rig.approved(stage_name="Zoë")
    turn = rig.next_turn()
    assert (turn.number, turn.name) == (number, "Zoë")
    assert turn.picture.shape == (240, 320, 3)
    assert rig.state(number) is State.ON_STAGE
    assert "on the stage now" in rig.served.phone().ask(f"/v/{key}").text
    turn.end(shown=True)
    until(lambda: rig.state(number) is State.DONE)
    assert rig.audience.ask() is None


def test_nobody_comes_whom_the_operator_has_not_let_in_or_who_did_not_agree(rig: Rig) -> None:
    _, waiting = rig.served.come()
    _, films_only = rig.approved(agree_stage="")
    rig.served.work()
    _, number = rig.approved()
    turn = rig.next_turn()
    assert turn.number == number
    assert rig.state(waiting) is State.WAITING
    assert rig.state(films_only) is not State.ON_STAGE
    turn.end(shown=True)


@pytest.mark.parametrize("how", ["refused", "undone", "deleted"])
def test_who_may_not_be_shown_any_more_is_gone_at_once(rig: Rig, how: str) -> None:
    _, number = rig.approved()
    turn = rig.next_turn()
    if how == "refused":
        rig.press(moderation.refuse, [number])
    elif how == "undone":
        rig.press(moderation.undo)
    else:
        rig.served.evening.deletion.delete_visitor(number, rig.served.clock())
    until(lambda: rig.withdrawn)
    assert rig.withdrawn == [turn]
    assert turn.withdrawn
    with pytest.raises(LinkError, match="404"):
        rig.client.fetch_photo(link_module.Ticket(number, "0" * 32))


def test_who_is_wanted_now_comes_next_and_hurries_the_turn_that_is(rig: Rig) -> None:
    numbers = [rig.approved()[1] for _ in range(3)]
    turn = rig.next_turn()
    assert turn.number == numbers[0]
    rig.press(moderation.hurry, numbers[2])
    until(lambda: turn.hurried)
    turn.end(shown=True)
    later = rig.next_turn()
    assert later.number == numbers[2]
    later.end(shown=True)


def test_who_was_not_shown_comes_again_also_after_the_show_has_ended(rig: Rig) -> None:
    _, number = rig.approved()
    turn = rig.next_turn()
    turn.end(shown=False)
    assert rig.next_turn().number == number
    rig.link.close()
    assert rig.state(number) is State.QUEUED


def test_a_server_that_is_gone_takes_its_visitor_along_and_is_found_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(link_module, "UNKNOWN_S", 0.3)
    _, number = rig.approved()
    turn = rig.next_turn()
    address, rig.client.url = rig.client.url, "http://127.0.0.1:9/"
    until(lambda: rig.withdrawn)
    assert rig.withdrawn == [turn]
    rig.client.url = address
    until(lambda: rig.link.state().trouble == "")
    assert len([line for line in caplog.messages if "the show goes on" in line]) == 1
    rig.served.clock.now += 9
    again = rig.next_turn()
    assert again.number == number
    again.end(shown=True)


def test_a_turn_that_no_plugin_holds_any_more_is_over(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "UNHELD_S", 0.2)
    _, number = rig.approved()
    rig.next_turn()
    until(lambda: rig.withdrawn)
    until(lambda: rig.state(number) is State.DONE)


def test_nobody_is_taken_while_no_plugin_wants_anybody(rig: Rig) -> None:
    _, number = rig.approved()
    until(lambda: rig.link.state().ready == 1)
    assert rig.state(number) is not State.ON_STAGE


def test_another_key_is_refused_with_what_to_do(evening: Served) -> None:
    with pytest.raises(LinkError, match="--audience-key"):
        AudienceClient(evening.url, "0" * 40).take_next()


def test_an_evening_without_a_stage_says_so(evening: Served) -> None:
    with evening.evening.database.writing() as session:
        night = session.get_one(type(evening.evening.night()), 1)
        night.stage = False
    try:
        with pytest.raises(LinkError, match="--stage"):
            AudienceClient(evening.url, stage_key(evening.evening)).ask_state()
    finally:
        with evening.evening.database.writing() as session:
            session.get_one(type(evening.evening.night()), 1).stage = True


@pytest.mark.parametrize("url", ["ftp://house:21/", "http://", "http://house/?code=1", "http://me@house/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="--audience"):
        AudienceClient(url, "0" * 40)
