"""The evening's modes: until when photos are taken in, films that are kept back, drop only, and the kiosk."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.engine.audience.evenings import Guests
from tests.engine.audience.served import PHOTO, Phone, Served, signature

from likeness.audience import claims, moderation
from likeness.audience.claim import Task
from likeness.audience.night import NightPlan, open_films, parse_hour
from likeness.audience.outbox import ask_for_mail, claim_mail
from likeness.audience.phone import encode_form
from likeness.audience.secret_link import secret_code
from likeness.audience.states import State
from likeness.audience.tables import Consent
from likeness.errors import AudienceError

Open = Callable[[NightPlan], Served]
HOUR_S = 3600


@pytest.fixture
def opened(tmp_path: Path, decoded_here: None) -> Iterator[Open]:
    evenings: list[Served] = []

    def make(plan: NightPlan) -> Served:
        evenings.append(Served(tmp_path / str(len(evenings)), plan))
        return evenings[-1]

    yield make
    for each in evenings:
        each.close()


def at(hour: int, minute: int = 0) -> float:
    return time.mktime((2026, 5, 20, hour, minute, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("now", "text", "hours"),
    [((20, 0), "22:30", 2.5), ((9, 0), "22:30", 13.5), ((22, 45), "22:30", -0.25), ((20, 0), "00:30", 4.5),
     ((0, 15), "22:30", -1.75)],
)  # fmt: skip
def test_an_hour_is_the_next_one_or_one_that_has_just_passed(now: tuple[int, int], text: str, hours: float) -> None:
    assert parse_hour("--until", text, at(*now)) == at(*now) + hours * HOUR_S


@pytest.mark.parametrize("text", ["25:00", "half past", "", "9"])
def test_what_is_no_hour_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(AudienceError, match="--until"):
        parse_hour("--until", text, at(9))


def test_after_the_last_hour_no_photo_is_taken_in_and_the_page_says_so(opened: Open) -> None:
    until = time.time() + 60
    served = opened(NightPlan(until=until))
    phone = served.phone()
    assert f"until {time.strftime('%H:%M', time.localtime(until))}" in phone.ask("/").text
    assert phone.send().status == 303
    served.clock.now += 61
    assert "No more photos are taken in tonight" in phone.ask("/").text
    assert phone.send().status == 403


def test_films_that_are_kept_back_are_seen_and_mailed_once_the_operator_opens_them(opened: Open) -> None:
    served = opened(NightPlan(reveal=True))
    key, number = served.come()
    served.work()
    served.approve(number)
    served.work()
    phone, operator = served.phone(), served.operator()
    with served.evening.database.writing() as session:
        ask_for_mail(session, number, "anna@example.org", served.url, served.clock())

    def due() -> bool:
        with served.evening.database.writing() as session:
            return claim_mail(session, served.clock()) is not None

    page = phone.ask(f"/v/{key}").text
    assert "to all at once" in page
    assert "<video" not in page
    assert phone.ask(f"/v/{key}/smile.mp4").status == 404
    assert not due()
    form = signature(operator.ask("/operator").text)
    assert operator.post("/operator/act", form=form, act="open-films").status == 303
    assert "<video" in phone.ask(f"/v/{key}").text
    assert phone.ask(f"/v/{key}/smile.mp4").status == 200
    assert due()
    assert operator.post("/operator/act", form=form, act="close-films").status == 303
    assert phone.ask(f"/v/{key}/smile.mp4").status == 404


def test_films_open_by_themselves_at_the_hour_and_stay_open_after_a_restart(guests: Guests) -> None:
    guests.begin(NightPlan(reveal_at=guests.clock() + 60))
    number = guests.come()
    with guests.database.writing() as session:
        for _ in ("check", "films"):
            claim = claims.claim_work(session, guests.clock())
            assert claim is not None
            if claim.task is Task.CHECK:
                claims.finish_check(session, claim, None, guests.clock())
                moderation.approve(session, [number], guests.clock())
            else:
                claims.finish_films(session, claim, [("smile.mp4", "results/a")], "", "", guests.clock())
        ask_for_mail(session, number, "anna@example.org", "link", guests.clock())
        assert claim_mail(session, guests.clock()) is None
        assert claim_mail(session, guests.clock() + 61) is not None
        ask_for_mail(session, number, "anna@example.org", "link", guests.clock())
        open_films(session, guests.clock())
    guests.begin(NightPlan(reveal=True))
    with guests.database.writing() as session:
        assert claim_mail(session, guests.clock()) is not None


def test_with_drop_only_nobody_is_asked_for_the_stage_or_shown_there(opened: Open) -> None:
    served = opened(NightPlan(drop_only=True))
    page = served.phone().ask("/").text
    assert page.count('type="checkbox"') == 1
    assert "stage" not in page
    _, number = served.come(agree_stage="yes", stage_name="Anna")
    served.work()
    served.approve(number)
    with served.evening.database.writing() as session:
        assert session.scalars(select(Consent.kind).where(Consent.visitor == number)).all() == ["compare"]
        assert claims.take_for_stage(session, served.clock()) is None


def test_who_agreed_before_is_shown_on_no_stage_of_a_drop_only_evening(guests: Guests) -> None:
    number = guests.come()
    with guests.database.writing() as session:
        claim = claims.claim_work(session, 0.0)
        assert claim is not None
        claims.finish_check(session, claim, None, 0.0)
        moderation.approve(session, [number], 0.0)
        turn = claims.take_for_stage(session, 0.0)
        assert turn is not None
    guests.begin(NightPlan(drop_only=True))
    with guests.database.writing() as session:
        assert not claims.keep_on_stage(session, turn, 0.0)
        assert claims.take_for_stage(session, 100.0) is None


def kiosk(served: Served) -> Phone:
    tablet = served.phone()
    assert tablet.ask(f"/kiosk?code={secret_code(served.evening, 'kiosk')}").status == 303
    return tablet


def send_from(tablet: Phone, photo: bytes) -> str:
    """Send a photo from the kiosk's own form; return the page that answers."""
    form = signature(tablet.ask("/kiosk").text)
    body, boundary = encode_form({"form": form, "lang": "en", "kiosk": "yes", "agree-compare": "yes"}, photo)
    return tablet.ask("/send", body, Content_Type=f"multipart/form-data; boundary={boundary}").text


def test_a_kiosk_takes_one_visitor_after_the_other_and_shows_each_their_code_alone(opened: Open) -> None:
    served = opened(NightPlan(device_quota=1))
    assert served.phone().ask("/kiosk").status == 403
    tablet = kiosk(served)
    for _ in range(6):
        page = send_from(tablet, PHOTO)
        assert "Thank you!" in page
        assert "<svg" in page
        assert not re.search(r"/v/[\w-]{20}", page), "the link stands in no text that the next visitor could read"
        assert 'http-equiv="refresh"' in page
    broken = send_from(tablet, b"nonsense")
    assert 'class="kiosk"' in broken
    assert 'role="alert"' in broken


def test_who_is_banned_at_the_kiosk_closes_it_for_nobody_else(opened: Open) -> None:
    served = opened(NightPlan())
    tablet = kiosk(served)
    send_from(tablet, PHOTO)
    with served.evening.database.writing() as session:
        moderation.ban(session, 1, served.clock())
    assert "Thank you!" in send_from(tablet, PHOTO)
    assert served.guests.state(2) is State.RECEIVED


def test_a_phone_that_says_it_is_the_kiosk_is_none(opened: Open) -> None:
    answer = opened(NightPlan()).phone().send(kiosk="yes")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/v/")
