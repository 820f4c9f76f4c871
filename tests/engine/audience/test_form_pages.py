"""The form by HTTP, as a phone without scripts sends it: what is taken in, and in which words the rest is refused."""

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select
from tests.engine.audience import hostile_photos as photos
from tests.engine.audience.served import PHOTO, Phone, Served, signature

from likeness.audience import moderation
from likeness.audience.form_pages import PER_DEVICE, TRIES
from likeness.audience.night import NightPlan, begin_night, pause_intake
from likeness.audience.phone import encode_form, find_hidden_fields
from likeness.audience.photo_intake import PhotoIntake
from likeness.audience.security import MINUTE_S
from likeness.audience.states import Reason
from likeness.audience.tables import Consent, ConsentText


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
    fields = {**find_hidden_fields(phone.ask("/").text), "agree-compare": "yes"}
    forms = [encode_form(fields, photo) for photo in (PHOTO, PHOTO, photos.polyglot())]
    first, again, other = [
        phone.ask("/send", body, Content_Type=f"multipart/form-data; boundary={boundary}").headers["location"]
        for body, boundary in forms
    ]
    assert again == first
    assert other != first
    assert phone.send().headers["location"] not in (first, other)


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


def test_a_server_that_ends_while_it_reads_a_photo_says_so_and_the_next_one_takes_the_same_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, cleaned = threading.Event(), threading.Event()

    async def hang(*_: object) -> bytes | Reason:
        begun.set()
        try:
            return await asyncio.Future()
        finally:
            cleaned.set()

    monkeypatch.setattr(PhotoIntake, "_run", hang)
    served = Served(tmp_path / "evening")
    phone, slow = served.phone(), served.phone()
    fields = {**find_hidden_fields(phone.ask("/").text), "agree-compare": "yes"}
    body, boundary = encode_form(fields, PHOTO)
    send = partial(phone.ask, "/send", body, Content_Type=f"multipart/form-data; boundary={boundary}")
    with ThreadPoolExecutor() as threads, closing(slow.connect()) as connection:
        # One whose photo is decoded, and one whose photo is still on its way.
        answer = threads.submit(send)
        connection.putrequest("POST", "/send")
        connection.putheader("Content-Length", "100000")
        connection.putheader("Content-Type", "multipart/form-data; boundary=x")
        connection.endheaders(b"--x\r\n")
        assert begun.wait(20)
        served.close()
        assert cleaned.is_set()
        for told in (answer.result().text, connection.getresponse().read().decode()):
            assert "send it again" in told
    assert [record.message for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
    monkeypatch.undo()
    again = Served(tmp_path / "evening")
    try:
        phone.port = again.port
        assert send().status == 303
        assert len(again.evening.store.list()) == 1
    finally:
        again.close()
