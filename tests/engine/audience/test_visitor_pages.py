"""The visitor's own page, asked by HTTP as a phone without scripts does."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.engine.audience.served import Served, signature

from likeness.audience import moderation
from likeness.audience.admission import hash_key
from likeness.audience.database import Database
from likeness.audience.form_pages import PER_DEVICE
from likeness.audience.post_office import MailServer
from likeness.audience.security import MINUTE_S
from likeness.audience.states import State
from likeness.audience.store import Store
from likeness.audience.tables import Mail
from likeness.errors import AudienceError


@pytest.fixture(autouse=True)
def _later(served: Served) -> None:
    """Let a minute pass, so that tests do not count in each other's rates."""
    served.clock.now += MINUTE_S + 1


def test_every_answer_forbids_what_the_pages_do_not_need(served: Served) -> None:
    for path in ("/", "/nothing", "/page/audience.css", "/operator", "/v/nobody", "/qr.svg"):
        headers = served.phone().ask(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
    assert "HttpOnly" in served.phone().ask("/").headers["set-cookie"]


def test_where_store_or_database_fail_a_phone_is_told_to_try_again_and_does_so_by_itself(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AudienceError("the disk is full")

    key, _ = served.come()
    before = len(served.evening.store.list())
    monkeypatch.setattr(Store, "put", fail)
    phone = served.phone()
    assert {phone.send().status for _ in range(PER_DEVICE)} == {503}
    answer = phone.send()
    assert answer.status == 503
    assert "could not be kept" in answer.text
    assert 'type="file"' in answer.text
    monkeypatch.setattr(Database, "reading", fail)
    for path in (f"/v/{key}", "/"):
        page = served.phone().ask(path)
        assert (page.status, page.headers["refresh"]) == (503, f"5; url={path}")
        assert "asks again by itself" in page.text
    form = served.evening.sign("delete", key)
    assert served.phone().post(f"/v/{key}/delete", form=form).headers["refresh"] == f"5; url=/v/{key}"
    monkeypatch.undo()
    assert len(served.evening.store.list()) == before
    assert served.phone().ask(f"/v/{key}").status == 200


def test_films_are_shown_in_parts_while_they_may_be_and_to_nobody_else(served: Served) -> None:
    key, number = served.come()
    served.work()
    film = bytes(range(256)) * 4
    phone = served.phone()
    assert phone.ask(f"/v/{key}/smile.mp4").status == 404
    served.approve(number)
    served.work(film)
    page = phone.ask(f"/v/{key}")
    assert f"/v/{key}/smile.mp4" in page.text
    whole = phone.ask(f"/v/{key}/smile.mp4")
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, film, "video/mp4")
    part = phone.ask(f"/v/{key}/smile.mp4", Range="bytes=100-199")
    assert (part.status, part.body, part.headers["content-range"]) == (206, film[100:200], "bytes 100-199/1024")
    assert phone.ask(f"/v/{key}/smile.mp4", Range="bytes=1000-").body == film[1000:]
    assert phone.ask(f"/v/{key}/smile.mp4", Range="bytes=-10").body == film[-10:]
    assert phone.ask(f"/v/{key}/smile.mp4", Range="bytes=2000-").status == 416
    assert phone.ask(f"/v/{key}/smile.mp4", Range="bytes=9-a").body == film
    assert "attachment" in phone.ask(f"/v/{key}/smile.mp4?save").headers["content-disposition"]
    other, _ = served.come()
    assert phone.ask(f"/v/{other}/smile.mp4").status == 404
    with served.evening.database.writing() as session:
        moderation.refuse(session, [number], 0.0)
    assert phone.ask(f"/v/{key}/smile.mp4").status == 404
    assert "The house would rather not" in phone.ask(f"/v/{key}").text


@pytest.mark.parametrize(
    "path",
    ["/v/", "/v/nobody", "/v/nobody/status", "/v/nobody/events", "/photos/", "/files/", "/page/",
     "/page/..%2fserver.py",
     "/v/nobody/..%2f..%2faudience.sqlite", "/audience.sqlite", "//"],
)  # fmt: skip
def test_nothing_is_listed_and_nothing_but_pages_is_found(served: Served, path: str) -> None:
    answer = served.phone().ask(path)
    assert answer.status == 404
    assert b"SQLite" not in answer.body


def test_the_link_on_the_page_deletes_everything_at_once_and_only_with_its_form(served: Served) -> None:
    key, number = served.come()
    phone = served.phone()
    assert f'href="/v/{key}/delete"' in phone.ask(f"/v/{key}").text
    form = signature(phone.ask(f"/v/{key}/delete").text)
    assert served.visitor(key) is not None
    other, _ = served.come()
    assert phone.post(f"/v/{other}/delete", form=form).status == 404
    assert served.visitor(other) is not None
    answer = phone.post(f"/v/{key}/delete", form=form)
    assert answer.status == 200
    assert "Everything of you was deleted" in answer.text
    assert served.guests.state(number) is State.DELETED
    assert phone.ask(f"/v/{key}").status == 404
    served.evening.deletion.delete_due(served.clock())
    needle = hash_key(key).encode()
    assert not any(needle in path.read_bytes() for path in served.folder.rglob("*") if path.is_file())


def test_a_visitor_is_offered_a_mail_only_where_one_is_sent(served: Served) -> None:
    key, _ = served.come()
    phone = served.phone()
    assert 'type="email"' not in phone.ask(f"/v/{key}").text
    form = served.evening.sign("mail", key)
    assert phone.post(f"/v/{key}/mail", form=form, address="anna@example.org").status == 404


def test_a_visitor_asks_for_a_mail_with_one_plain_address(tmp_path: Path) -> None:
    served = Served(tmp_path / "evening", mail_server=MailServer("127.0.0.1", 9, sender="n@example.org"))
    try:
        key, _ = served.come()
        phone = served.phone()
        form = re.search(r'/mail">\s*<input type="hidden" name="form" value="(\w+)"', phone.ask(f"/v/{key}").text)
        assert form is not None
        wrong = phone.post(f"/v/{key}/mail", form=form[1], address="anna")
        assert "That is no mail address" in wrong.text
        assert phone.post(f"/v/{key}/mail", form="0", address="anna@example.org").status == 404
        assert phone.post(f"/v/{key}/mail", form=form[1], address="anna%40example.org").status == 303
        assert "The mail comes once your films are there" in phone.ask(f"/v/{key}").text
        with served.evening.database.reading() as session:
            mail = session.scalars(select(Mail)).one()
        assert (mail.address, mail.link) == ("anna@example.org", f"{served.url}v/{key}")
    finally:
        served.close()
