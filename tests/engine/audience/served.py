"""A server on a real socket, and phones that ask it by HTTP."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tests.engine.audience.evenings import Clock, Guests

from likeness.audience import claims, moderation
from likeness.audience.admission import find_visitor
from likeness.audience.claim import Task
from likeness.audience.evening import Places, open_evening
from likeness.audience.night import NightPlan
from likeness.audience.pairs import FILM
from likeness.audience.phone import encode_form, find_hidden_fields
from likeness.audience.post_office import MailServer
from likeness.audience.secret_link import secret_code
from likeness.audience.server import listen, make_app, make_server
from likeness.audience.tables import Visitor

PHOTO = cv2.imencode(".jpg", np.full((240, 320, 3), 128, np.uint8))[1].tobytes()
START_S = 20.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Phone:
    """Asks a server, with the cookies that it was given."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, dict[str, str]()

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection on which nothing was said so far."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send a request and return its answer; a redirect is not followed."""
        connection = self.connect()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("GET" if body is None else "POST", path, body, sent)
        answer = connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        connection.close()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form without a file."""
        body = "&".join(f"{name.replace('_', '-')}={value}" for name, value in fields.items()).encode()
        return self.ask(path, body, Content_Type="application/x-www-form-urlencoded")

    def send(self, photo: bytes = PHOTO, name: str = "photo.jpg", language: str = "en", **changed: str) -> Answer:
        """Open the form and send a photo; `changed` replaces fields of the form, an empty one is left out."""
        page = self.ask(f"/?lang={language}").text
        fields = {**find_hidden_fields(page), "agree-compare": "yes", "agree-stage": "yes"}
        fields |= {key.replace("_", "-"): value for key, value in changed.items()}
        body, boundary = encode_form({key: value for key, value in fields.items() if value}, photo, name)
        return self.ask("/send", body, Content_Type=f"multipart/form-data; boundary={boundary}")


def signature(page: str) -> str:
    """Return the signature of the first form on a page."""
    found = re.search(r'name="form" value="([0-9a-f]+)"', page)
    return found[1] if found else ""


@dataclass
class Served:
    """An evening that is served, in a folder of its own, by a clock that is moved by hand."""

    folder: Path
    plan: NightPlan = field(default_factory=NightPlan)
    mail_server: MailServer | None = None

    def __post_init__(self) -> None:
        self.clock = Clock(time.time())
        self.evening = open_evening(Places(self.folder), self.plan, self.clock)
        self.guests = Guests(self.evening.database, self.clock)
        self.listener = listen("127.0.0.1", 0)
        self.port = int(self.listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/"
        self.server = make_server(make_app(self.evening, self.url, self.mail_server))
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],), daemon=True)
        self.thread.start()
        deadline = time.monotonic() + START_S
        while not self.server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.005)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.listener.close()
        self.evening.database.close()

    def phone(self) -> Phone:
        return Phone(self.port)

    def operator(self) -> Phone:
        """Return the operator's browser, once it has followed the link."""
        phone = self.phone()
        assert phone.ask(f"/operator?code={secret_code(self.evening, 'operator')}").status == 303
        return phone

    def visitor(self, key: str) -> Visitor | None:
        with self.evening.database.reading() as session:
            return find_visitor(session, key)

    def come(self, **changed: str) -> tuple[str, int]:
        """Let somebody send a photo; return their key and number."""
        answer = self.phone().send(**changed)
        assert answer.status == 303, answer.text
        key = answer.headers["location"].removeprefix("/v/")
        visitor = self.visitor(key)
        assert visitor is not None
        return key, visitor.number

    def work(self, film: bytes = b"a film") -> None:
        """Do all that a worker would do now: find a face in every photo, make a film of everybody who is let in."""
        with self.evening.database.writing() as session:
            while (claim := claims.claim_work(session, self.clock())) is not None:
                if claim.task is Task.CHECK:
                    claims.finish_check(session, claim, None, self.clock())
                elif claim.task is Task.CHILDREN:
                    child = self.evening.store.put("results", b"children in " + film, ".mp4")
                    claims.finish_films(session, claim, [(FILM, child)], "", "", self.clock())
                else:
                    made = [("smile.mp4", self.evening.store.put("results", film, ".mp4"))]
                    claims.finish_films(session, claim, made, "", "", self.clock())

    def approve(self, number: int) -> None:
        """Let somebody in."""
        with self.evening.database.writing() as session:
            assert moderation.approve(session, [number], self.clock()) == [number]
