"""Simulated visitors: each a thread that does what somebody with a phone does, and remembers what it was told."""

from __future__ import annotations

import html
import http.client
import random
import re
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

from tests.engine.audience.served import Answer, Phone, signature

from likeness.audience.phone import encode_form, find_hidden_fields

# How often a page asks where the server's news do not come.
ASK_S = 4.0
# Somebody whose photo was not sent presses the button again after a while.
AGAIN_S = 5.0
OVER = ("done", "refused")


class Habit(StrEnum):
    """What a visitor does after the photo was sent."""

    STAYS = "stays"
    DELETES = "deletes everything"
    VANISHES = "vanishes"
    HANGS_UP = "hangs up while sending"


HABITS = [Habit.STAYS] * 12 + [Habit.DELETES] * 3 + [Habit.VANISHES] * 4 + [Habit.HANGS_UP]


@dataclass
class House:
    """What visitors share.

    Args:
        port: of the server; another one after a restart would be a fault.
        running: cleared while everything but the show is held.
        over: set when nobody waits for anything any more.
        tries: how often somebody sends a photo before they give up.
    """

    port: int
    running: threading.Event
    over: threading.Event
    tries: int
    # Of each request: what for, when it began and when its answer was whole.
    times: list[tuple[str, float, float]] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Wait, and for as long as everything is held."""
        self.over.wait(seconds)
        self.running.wait()


class Visit(threading.Thread):
    """One visitor.

    Attributes:
        outcome: in words, once it is known.
        key: of their page, where they have one.
        name_given: for the stage.
        address: for the mail.
        again: how often the photo was sent once more.
    """

    def __init__(self, house: House, kind: str, photo: bytes, habit: Habit, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.house, self.kind, self.photo, self.habit, self.rng = house, kind, photo, habit, rng
        self.phone = Phone(house.port)
        # Nobody else is called so, also not by chance.
        self.name_given = "".join(rng.choices(string.ascii_lowercase, k=20)).title()
        self.address = f"{self.name_given.lower()}@example.org"
        self.outcome, self.key, self.again, self.film, self.fault = "", "", 0, 0, ""

    def run(self) -> None:
        """Come, send, follow."""
        try:
            if self.habit is Habit.HANGS_UP:
                self._hang_up()
            elif self._send() and self.habit is not Habit.VANISHES:
                self._follow()
        except Exception as error:  # noqa: BLE001 - the table tells of it, whatever it is
            self.fault = repr(error)
        self.photo = b""

    def _ask(self, what: str, ask: Callable[[], Answer]) -> Answer | None:
        """Return an answer, None where the server is not there."""
        self.house.running.wait()
        began = time.monotonic()
        try:
            answer = ask()
        except (OSError, http.client.HTTPException):
            return None
        self.house.times.append((what, began, time.monotonic()))
        return answer

    def _send(self) -> bool:
        """Send the photo until it is taken or refused; return whether it was taken."""
        body, kind = b"", ""
        for _ in range(self.house.tries):
            if not body:
                page = self._ask("form", lambda: self.phone.ask("/?lang=en"))
                if page is not None and page.status == 200:
                    body, kind = self._fill_in(page.text)
            # The very same form once more, as a browser's button for it sends it.
            post = partial(self.phone.ask, "/send", body, Content_Type=kind)
            answer = self._ask("photo", post) if body else None
            if answer is not None and answer.status == 303:
                self.key = urlsplit(answer.headers["location"]).path.removeprefix("/v/")
                return True
            if answer is not None and answer.status not in (429, 503):
                self.outcome = alert(answer.text)
                return False
            self.again += 1
            self.house.wait(AGAIN_S)
        self.outcome = "gave up"
        return False

    def _fill_in(self, page: str) -> tuple[bytes, str]:
        """Return the form with everything that the page hides in it, both ticks and the photo."""
        ticked = {"agree-compare": "yes", "agree-stage": "yes", "stage-name": self.name_given}
        body, boundary = encode_form({**find_hidden_fields(page), **ticked}, self.photo)
        return body, f"multipart/form-data; boundary={boundary}"

    def _hang_up(self) -> None:
        page = self._ask("form", lambda: self.phone.ask("/?lang=en"))
        if page is None or page.status != 200:
            return
        body, kind = self._fill_in(page.text)
        connection = self.phone.connect()
        try:
            connection.putrequest("POST", "/send")
            connection.putheader("Content-Length", str(len(body) + 1))
            connection.putheader("Content-Type", kind)
            connection.endheaders(body[: len(body) // 2])
        except OSError:
            pass
        finally:
            connection.close()
        self.outcome = "hung up"

    def _follow(self) -> None:
        """Follow the page to its end, see a film, or delete all at some moment."""
        patience = self.rng.uniform(0, 90) if self.habit is Habit.DELETES else float("inf")
        began = time.monotonic()
        self._ask_for_mail()
        while not self.house.over.is_set():
            answer = self._ask("page", lambda: self.phone.ask(f"/v/{self.key}/status"))
            if answer is not None and answer.status == 404:
                self.outcome = "gone"
                return
            if answer is None or answer.status != 200:
                self.house.wait(ASK_S)
                continue
            (state,) = re.findall(r'data-state="([\w-]+)"', answer.text)
            if time.monotonic() - began > patience:
                if self._delete_all():
                    return
            elif state in OVER and patience == float("inf"):
                self.outcome = state if state == "done" else f"refused: {reason(answer.text)}"
                if state == "done" and (film := self._ask("film", lambda: self.phone.ask(f"/v/{self.key}/smile.mp4"))):
                    self.film = len(film.body) if film.status == 200 and film.body[4:8] == b"ftyp" else -1
                    return
                if state == "refused":
                    return
            self.house.wait(ASK_S)

    def _ask_for_mail(self) -> None:
        """Leave an address, once; where the server is gone, none."""
        page = self._ask("page", lambda: self.phone.ask(f"/v/{self.key}"))
        found = re.search(r'/mail">\s*<input type="hidden" name="form" value="(\w+)"', page.text if page else "")
        if found:
            self._ask("mail", lambda: self.phone.post(f"/v/{self.key}/mail", form=found[1], address=self.address))

    def _delete_all(self) -> bool:
        path = f"/v/{self.key}/delete"
        page = self._ask("page", lambda: self.phone.ask(path))
        form = signature(page.text) if page is not None and page.status == 200 else ""
        if not form:
            return False
        answer = self._ask("deletion", lambda: self.phone.post(path, form=form))
        if answer is None or answer.status != 200:
            return False
        self.outcome = "deleted"
        return True


def alert(page: str) -> str:
    """Return the words with which a form came back."""
    found = re.search(r'role="alert">\s*(?:<p>)?(.*?)[.:<]', page, re.DOTALL)
    return html.unescape(found[1]) if found else f"no reason: {page[:80]}"


def reason(page: str) -> str:
    """Return the reason on a page of somebody who was refused."""
    found = re.search(r"</h1>\s*<p>(.*?)[.:<]", page, re.DOTALL)
    return html.unescape(found[1]) if found else "no reason"
