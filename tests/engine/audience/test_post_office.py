"""Mails, sent to a real mail server that takes them, refuses, is slow, or is gone."""

import asyncio
import email
import email.policy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import select
from tests.engine.audience.evenings import Clock, Guests

from likeness.audience import claims, moderation, post_office
from likeness.audience.evening import Evening, Places, open_evening
from likeness.audience.night import NightPlan
from likeness.audience.outbox import ask_for_mail
from likeness.audience.post_office import MailServer, PostOffice, parse_mail_server
from likeness.audience.tables import Mail, Visitor
from likeness.errors import AudienceError

LINK = "http://house.example/v/a-key"


class Box:
    """Keeps what it is sent, or answers as a test wants it."""

    def __init__(self, answer: str = "250 OK", seconds: float = 0.0) -> None:
        self.answer, self.seconds, self.kept = answer, seconds, list[Any]()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.seconds)
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.kept.append(envelope)
        return "250 OK"


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    evening = open_evening(Places(tmp_path), NightPlan(), Clock())
    guests = Guests(evening.database, Clock())
    number = guests.come()
    with evening.database.writing() as session:
        claims.finish_check(session, claims.claim_work(session, 0.0) or pytest.fail("no work"), None, 0.0)
        moderation.approve(session, [number], 0.0)
        films = claims.claim_work(session, 0.0) or pytest.fail("no work")
        claims.finish_films(session, films, [], "", "", 0.0)
        ask_for_mail(session, number, "anna@example.org", LINK, 0.0)
    yield evening
    evening.database.close()


def send(evening: Evening, box: Box | None, act: Callable[[PostOffice], Any] = PostOffice.send_next) -> Any:
    async def run() -> Any:
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        if box is None:
            server.close()
        try:
            return await act(PostOffice(evening, MailServer("127.0.0.1", port, sender="night@example.org")))
        finally:
            server.close()

    return asyncio.run(run())


def state(evening: Evening) -> tuple[str, int]:
    with evening.database.reading() as session:
        return session.scalars(select(Visitor.mail)).one(), len(session.scalars(select(Mail)).all())


def test_a_mail_holds_the_link_and_the_hour_and_its_address_is_on_no_disk_afterwards(
    evening: Evening, tmp_path: Path
) -> None:
    box = Box()
    assert send(evening, box)
    (envelope,) = box.kept
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert envelope.rcpt_tos == ["anna@example.org"]
    assert message["From"] == "night@example.org"
    assert message["Subject"] == "Your films of tonight"
    assert LINK in message.get_content()
    assert "deleted on" in message.get_content()
    assert state(evening) == ("sent", 0)
    assert not send(evening, box)
    evening.deletion.delete_visitor(1, 0.0)
    assert not any(b"anna@example" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_an_address_that_does_not_exist_is_given_up_at_once(evening: Evening) -> None:
    assert send(evening, Box("550 no such mailbox"))
    assert state(evening) == ("failed", 0)


def test_a_server_that_is_busy_slow_or_gone_is_tried_again(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_office, "PATIENCE_S", 0.3)
    clock = evening.now
    assert isinstance(clock, Clock)
    for box in (Box("451 try later"), Box(seconds=2.0), None):
        assert send(evening, box)
        assert state(evening) == ("waiting", 1)
        assert not send(evening, Box())
        clock.now += 600
    assert send(evening, Box())
    assert state(evening) == ("sent", 0)


def test_no_mail_goes_before_its_time(evening: Evening) -> None:
    async def run(office: PostOffice) -> None:
        await asyncio.wait_for(office.run(), 0.2)

    clock, box = evening.now, Box()
    assert isinstance(clock, Clock)

    def later(office: PostOffice) -> Any:
        early = MailServer("127.0.0.1", office._server.port, sender="n@example.org", not_before=clock.now + 60)
        return run(PostOffice(evening, early))

    with pytest.raises(TimeoutError):
        send(evening, box, later)
    assert box.kept == []
    clock.now += 60
    with pytest.raises(TimeoutError):
        send(evening, box, later)
    assert state(evening)[0] == "waiting"

    async def until_sent(office: PostOffice) -> None:
        working = asyncio.create_task(office.run())
        async with asyncio.timeout(20):
            while state(evening)[0] != "sent":
                await asyncio.sleep(0.02)
        working.cancel()

    send(evening, box, until_sent)
    assert state(evening) == ("sent", 0)


def test_a_mail_server_is_read_from_its_address_or_refused_without_its_password() -> None:
    server = parse_mail_server("smtps://anna%40house:p%3Aw@mail.example.org", "n@example.org", None, 0.0)
    assert (server.host, server.port, server.user, server.password, server.tls) == (
        "mail.example.org", 465, "anna@house", "p:w", True,
    )  # fmt: skip
    assert "p:w" not in repr(server)
    noon = parse_mail_server("smtp://mail:25", "n@example.org", "12:00", 1_700_000_000.0).not_before
    assert abs(noon - 1_700_000_000.0) < 24 * 3600
    for url, sender, at in (
        ("http://secret@x", "n@example.org", None), ("smtp://h:0", "n@example.org", None),
        ("smtp://u:secret@h", "nobody", None), ("smtp://h", "n@example.org", "25:00"),
    ):  # fmt: skip
        with pytest.raises(AudienceError) as caught:
            parse_mail_server(url, sender, at, 0.0)
        assert "secret" not in str(caught.value)
