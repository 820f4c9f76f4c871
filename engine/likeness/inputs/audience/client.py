"""Questions to the server of the audience, over HTTP: who is next, may they still be shown, they have left."""

from __future__ import annotations

import json
import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

from likeness.errors import InputError

# A server on the same network answers in milliseconds; one that is further away still within this.
TIMEOUT_S = 3.0
# Of a photo as the server keeps it: 2048 px a side.
MOST_BYTES = 20_000_000
KEY_VARIABLE = "LIKENESS_AUDIENCE_KEY"
_CODE = re.compile(r"[0-9a-f]{20,64}")


class LinkError(Exception):
    """The server does not answer, or refuses; the text says what to do."""


@dataclass(frozen=True)
class Ticket:
    """A visitor whom the server has let out onto this stage.

    Args:
        number: of the visitor.
        token: shows that the visitor is on this stage.
        name: to be shown; "" for none.
    """

    number: int
    token: str = field(repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Answer:
    """What the server says.

    Args:
        waiting: how many wait for the operator.
        ready: how many wait for the stage.
        held: whether the visitor asked for may be shown still.
        hurried: whether the operator has called for somebody else.
        ticket: who is next.
    """

    waiting: int = 0
    ready: int = 0
    held: bool = False
    hurried: bool = False
    ticket: Ticket | None = None


def open_audience_client(url: str, key: str | None) -> AudienceClient:
    """Return what asks the server at `url`, with the key that is given or else in the environment.

    Raises:
        InputError: the address or the key is none.
    """
    return AudienceClient(url, key or os.environ.get(KEY_VARIABLE, ""))


class AudienceClient:
    """Asks one server. One thread, which waits.

    Args:
        url: of the visitors' page, such as http://192.168.0.7:9100/.
        key: as the server printed it.

    Raises:
        InputError: one of them is something else.
    """

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise InputError(f"--audience {url!r:.100} is no address such as http://192.168.0.7:9100/")
        if not _CODE.fullmatch(key):
            raise InputError("the audience's server prints a key for the show: give it as --audience-key")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
        self._headers = {"Authorization": f"Bearer {key}"}
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _NoRedirects()]
        if parts.scheme == "https":
            # Made once: reading the certificates takes tens of milliseconds.
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context()))
        self._opener = urllib.request.build_opener(*handlers)

    def ask_state(self) -> Answer:
        """Return how many wait. Raises LinkError, as all of these do."""
        return _parse(self._ask("state", {}))

    def take_next(self) -> Answer:
        """Return who is next, who is on this stage from now on."""
        return _parse(self._ask("next", {}))

    def keep(self, ticket: Ticket, timeout_s: float = TIMEOUT_S) -> Answer:
        """Return whether a visitor may still be shown, and hold them for longer."""
        return _parse(self._ask("keep", _fields(ticket), timeout_s))

    def leave(self, ticket: Ticket, *, shown: bool) -> Answer:
        """Say that a visitor has left the stage; unless they were `shown` they come again."""
        return _parse(self._ask("leave", {**_fields(ticket), "shown": "yes" if shown else "no"}))

    def fetch_photo(self, ticket: Ticket) -> bytes:
        """Return the JPEG of a visitor on this stage, while they may be shown."""
        return self._ask("photo", _fields(ticket))

    def _ask(self, what: str, fields: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> bytes:
        request = urllib.request.Request(f"{self.url}stage/{quote(what)}", urlencode(fields).encode(), self._headers)
        try:
            with self._opener.open(request, timeout=timeout_s) as answer:
                content: bytes = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise LinkError(_explain(error)) from error
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise LinkError(f"it does not answer ({reason})") from error
        if len(content) > MOST_BYTES:
            raise LinkError("its answer is too long; is that the audience's server?")
        return content


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the key goes to the server that was named, and to no other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _explain(error: urllib.error.HTTPError) -> str:
    if error.code == 403:
        return "it does not know the key; give the one that it printed at its start as --audience-key"
    if error.code == 409:
        return "it shows nobody on a stage; start it with --stage, and without --drop-only"
    return f"it answers with status {error.code}; is that the address that it printed?"


def _fields(ticket: Ticket) -> Mapping[str, str]:
    return {"number": str(ticket.number), "token": ticket.token}


def _parse(raw: bytes) -> Answer:
    """Return an answer; whatever else the bytes are is a LinkError."""
    try:
        said: Mapping[str, Any] = json.loads(raw)
        visitor = said["visitor"]
        ticket = None
        if visitor is not None:
            ticket = Ticket(int(visitor["number"]), str(visitor["token"]), str(visitor["name"]))
        return Answer(int(said["waiting"]), int(said["ready"]), said["held"] is True, said["hurried"] is True, ticket)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LinkError("its answer is not understood; is that the audience's server, of the same version?") from error
