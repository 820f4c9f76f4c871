"""The outbox: when a mail is due, and how long an address is kept."""

import pytest
from sqlalchemy import select
from tests.engine.audience.evenings import Guests

from likeness.audience import claims, moderation
from likeness.audience.outbox import (
    FIRST_AGAIN_S,
    MOST_ATTEMPTS,
    DueMail,
    ask_for_mail,
    claim_mail,
    end_mail,
    give_up,
    is_address,
)
from likeness.audience.tables import Mail, Visitor

ADDRESS, LINK = "anna@example.org", "http://house/v/key"


def filmed(guests: Guests) -> int:
    """Return a visitor who has films and wants a mail."""
    number = guests.come()
    with guests.database.writing() as session:
        check = claims.claim_work(session, guests.clock())
        assert check is not None
        claims.finish_check(session, check, None, guests.clock())
        ask_for_mail(session, number, ADDRESS, LINK, guests.clock())
        assert claim_mail(session, guests.clock()) is None
        moderation.approve(session, [number], guests.clock())
        assert claim_mail(session, guests.clock()) is None
        films = claims.claim_work(session, guests.clock())
        assert films is not None
        claims.finish_films(session, films, [], "", "", guests.clock())
    return number


def claim(guests: Guests) -> DueMail | None:
    with guests.database.writing() as session:
        return claim_mail(session, guests.clock())


def state(guests: Guests, number: int) -> tuple[str, list[str]]:
    with guests.database.reading() as session:
        return session.get_one(Visitor, number).mail, list(session.scalars(select(Mail.address)))


def test_a_mail_waits_for_the_films_is_taken_once_and_its_address_is_forgotten(on_both: Guests) -> None:
    number = filmed(on_both)
    mail = claim(on_both)
    assert mail is not None
    assert (mail.address, mail.link, mail.language) == (ADDRESS, LINK, "en")
    assert claim(on_both) is None
    assert state(on_both, number) == ("waiting", [ADDRESS])
    with on_both.database.writing() as session:
        end_mail(session, mail, sent=True)
    assert state(on_both, number) == ("sent", [])


def test_a_mail_that_fails_is_due_again_later_and_later_and_given_up_in_the_end(guests: Guests) -> None:
    number = filmed(guests)
    for attempt in range(MOST_ATTEMPTS):
        mail = claim(guests)
        assert mail is not None
        with guests.database.writing() as session:
            assert give_up(session, mail) is (attempt == MOST_ATTEMPTS - 1)
        guests.clock.now += FIRST_AGAIN_S * 2.0**attempt - 1
        assert claim(guests) is None
        guests.clock.now += 1
    assert claim(guests) is None
    assert state(guests, number) == ("failed", [])


def test_no_mail_goes_to_somebody_whose_approval_was_taken_back(guests: Guests) -> None:
    number = filmed(guests)
    with guests.database.writing() as session:
        moderation.refuse(session, [number], guests.clock())
    assert claim(guests) is None


def test_a_second_address_replaces_the_first(guests: Guests) -> None:
    number = filmed(guests)
    with guests.database.writing() as session:
        ask_for_mail(session, number, "ben@example.org", LINK, guests.clock())
    assert state(guests, number) == ("waiting", ["ben@example.org"])


@pytest.mark.parametrize("address", ["anna@example.org", "a.b+c@mail.example.co.uk"])
def test_a_plain_address_is_one(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@host",
        "a@b.c\nBcc: x@y.z",
        "a@b.c, d@e.f",
        "<a@b.c>",
        "a b@c.de",
        "a" * 65 + "@b.cd",
    ],
)
def test_what_is_no_single_address_is_none(address: str) -> None:
    assert not is_address(address)
