"""The visitor's way, asked by HTTP as a phone without scripts does."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select
from tests.engine.audience import hostile_photos as photos
from tests.engine.audience.served import PHOTO, Phone, Served, hidden_fields, signature

from likeness.audience import moderation
from likeness.audience.admission import hash_key
from likeness.audience.database import Database
from likeness.audience.night import NightPlan, begin_night, pause_intake
from likeness.audience.phone import encode_form
from likeness.audience.post_office import MailServer
from likeness.audience.security import MINUTE_S
from likeness.audience.states import State
from likeness.audience.store import Store
from likeness.audience.tables import Consent, ConsentText, Mail
from likeness.audience.visitor_pages import PER_DEVICE, TRIES
from likeness.errors import AudienceError


@pytest.fixture(autouse=True)
def _later(served: Served) -> None:
    """Let a minute pass, so that tests do not count in each other's rates."""
    served.clock.now += MINUTE_S + 1


def test_the_form_has_two_ticks_that_are_not_set_and_speaks_the_phones_language(served: Served) -> None:
    page = served.phone().ask("/", Accept_Language="nl-NL,en;q=0.5")
    assert page.status == 200
    assert "Op wie lijk je?" in page.text
    assert page.text.count('type="checkbox"') == 2
    assert "checked" not in page.text
    assert 'enctype="multipart/form-data"' in page.text
    assert "Wem siehst du" in served.phone().ask("/?lang=de", Accept_Language="nl").text


def test_every_answer_forbids_what_the_pages_do_not_need(served: Served) -> None:
    for path in ("/", "/nothing", "/page/audience.css", "/operator", "/v/nobody", "/qr.svg"):
        headers = served.phone().ask(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
    assert "HttpOnly" in served.phone().ask("/").headers["set-cookie"]


def test_a_photo_leads_to_a_page_and_is_kept_clean_with_what_was_agreed_to(served: Served) -> None:
    key, number = served.come(photo=photos.turned_jpeg(), language="de")
    page = served.phone().ask(f"/v/{key}")
    assert page.status == 200
    assert "Dein Foto ist da" in page.text
    assert '<meta http-equiv="refresh"' in page.text
    visitor = served.visitor(key)
    assert visitor is not None
    kept = served.evening.store.get(visitor.photo)
    assert b"GPS" not in kept
    assert cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR).shape == (320, 240, 3)
    with served.evening.database.reading() as session:
        agreed = session.execute(
            select(Consent.kind, ConsentText.text, ConsentText.language).join(ConsentText)
            .where(Consent.visitor == number).order_by(Consent.kind)
        ).all()  # fmt: skip
    texts = [served.evening.texts.consent("de", kind).text for kind in ("compare", "stage")]
    assert [tuple(row) for row in agreed] == [("compare", texts[0], "de"), ("stage", texts[1], "de")]


def test_the_stage_may_be_left_out_and_the_comparison_may_not(served: Served) -> None:
    key, _ = served.come(agree_stage="")
    visitor = served.visitor(key)
    assert visitor is not None
    assert not visitor.stage_consent
    refused = served.phone().send(agree_compare="")
    assert refused.status == 422
    assert "Without the tick below" in refused.text
    # What the visitor had ticked themselves is not asked again.
    assert refused.text.count("checked") == 1


@pytest.mark.parametrize(
    ("photo", "status", "words"),
    [
        (b"", 422, "The file is empty"),
        (photos.SVG, 422, "drawing (SVG)"),
        (b"PK\x03\x04 an archive" * 20, 422, "JPEG, PNG, WebP or HEIC"),
        (photos.png(65_000, 65_000, b""), 422, "too many pixels"),
        (bytes(50_000_000), 413, "larger than 25 MB"),
    ],
    ids=["empty", "svg", "zip", "bomb", "50 MB"],
)
def test_what_is_no_photo_is_refused_in_words(served: Served, photo: bytes, status: int, words: str) -> None:
    answer = served.phone().send(photo)
    assert (answer.status, words in answer.text) == (status, True), answer.text
    assert 'role="alert"' in answer.text
    assert 'type="file"' in answer.text


def test_a_form_without_a_file_or_that_is_no_form_is_refused(served: Served) -> None:
    assert "No photo came" in served.phone().send(b"", name="").text
    phone = served.phone()
    phone.ask("/")
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "application/json"):
        assert phone.ask("/send", b"nonsense", Content_Type=kind).status in (403, 422)


def test_only_our_own_form_of_the_same_phone_is_taken(served: Served) -> None:
    strange = signature(served.phone().ask("/").text)
    assert served.phone().send(form=strange).status == 403
    assert served.phone().send(form="").status == 403
    phone = served.phone()
    page = phone.ask("/").text
    phone.cookies.clear()
    assert phone.send(form=signature(page)).status == 403
    assert phone.send().status == 303


def closed_by(change: Callable[..., object], served: Served, phone: Phone) -> str:
    with served.evening.database.writing() as session:
        change(session)
    answer = phone.send()
    assert answer.status == 403
    return answer.text


def test_a_pause_a_full_house_and_a_ban_are_told_and_keep_photos_out(served: Served) -> None:
    database, phone = served.evening.database, served.phone()
    assert "No photos are taken in" in closed_by(lambda session: pause_intake(session, True), served, phone)
    assert "No photos are taken in" in phone.ask("/?lang=en").text
    with database.writing() as session:
        pause_intake(session, False)
    assert "Tonight is full" in closed_by(lambda session: begin_night(session, NightPlan(capacity=1)), served, phone)
    served.clock.now += MINUTE_S + 1
    with database.writing() as session:
        begin_night(session, NightPlan())
    sent = phone.send()
    assert sent.status == 303
    visitor = served.visitor(sent.headers["location"].removeprefix("/v/"))
    assert visitor is not None
    assert "No photo is taken from this phone" in closed_by(
        lambda session: moderation.ban(session, visitor.number, 0.0), served, phone
    )
    assert served.phone().send().status == 303


def test_a_phone_may_send_so_many_in_a_minute_and_so_many_in_a_night(served: Served) -> None:
    phone = served.phone()
    answers = [phone.send().status for _ in range(PER_DEVICE + 1)]
    assert answers == [303] * PER_DEVICE + [429]
    served.clock.now += MINUTE_S + 1
    assert phone.send().status == 303
    over = phone.send()
    assert over.status == 403
    assert "as many photos as one phone may" in over.text


def test_what_was_refused_may_be_sent_again_at_once_and_yet_nobody_tries_without_end(served: Served) -> None:
    phone = served.phone()
    for _ in range(PER_DEVICE + 1):
        assert phone.send(b"nonsense").status == 422
    assert phone.send(agree_compare="").status == 422
    assert phone.send().status == 303
    answers = [phone.send(b"nonsense").status for _ in range(TRIES)]
    assert answers[-1] == 429


def test_the_same_form_sent_again_leads_to_the_page_that_it_has_already(served: Served) -> None:
    phone = served.phone()
    fields = {**hidden_fields(phone.ask("/").text), "agree-compare": "yes"}
    forms = [encode_form(fields, photo) for photo in (PHOTO, PHOTO, photos.polyglot())]
    first, again, other = [
        phone.ask("/send", body, Content_Type=f"multipart/form-data; boundary={boundary}").headers["location"]
        for body, boundary in forms
    ]
    assert again == first
    assert other != first
    assert phone.send().headers["location"] not in (first, other)


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


def test_what_is_uploaded_touches_no_disk_before_it_is_clean(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), np.uint8)
    photo = cv2.imencode(".png", noise)[1].tobytes()
    assert len(photo) > 3_000_000
    assert served.phone().send(photo).status == 303


def test_a_phone_that_hangs_up_in_the_middle_harms_nobody(served: Served) -> None:
    before = len(served.evening.store.list())
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(
            b"POST /send HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
    assert served.phone().send(PHOTO).status == 303
    assert len(served.evening.store.list()) == before + 1


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
