"""Protection of visitors and of the server: headers, cookies of devices, rates."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likeness.audience.admission import make_key

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    # A visitor's address is their key: no other site is told of it.
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(), microphone=(), payment=()"),
)
DEVICE_COOKIE = "likeness_phone"
_DEVICE_S = 7 * 24 * 3600
MINUTE_S = 60.0
# So many addresses and devices are remembered for a minute; a flood from more forgets the oldest.
MOST_SENDERS = 10_000


class SecureHeaders:
    """Adds the headers to every answer, and keeps pages out of caches.

    Args:
        app: answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS:
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, harden)


class Rates:
    """How often each sender has done something in the last minute. One event loop.

    Args:
        most: in a minute.
        now: seconds.
    """

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most, self._now = most, now
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def allow(self, sender: str) -> bool:
        """Count an attempt of a sender; return whether it is not one too many."""
        times = self._times.setdefault(sender, deque())
        self._times.move_to_end(sender)
        while len(self._times) > MOST_SENDERS:
            self._times.popitem(last=False)
        now = self._now()
        while times and times[0] <= now - MINUTE_S:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True

    def forgive(self, sender: str) -> None:
        """Count the last attempt of a sender no longer: it came to nothing."""
        times = self._times.get(sender)
        if times:
            times.pop()


def device_of(request: Request) -> str | None:
    """Return the key of the phone that asks, or None where it has none yet."""
    key = request.cookies.get(DEVICE_COOKIE, "")
    return key if 20 <= len(key) <= 64 and key.isascii() else None


def give_device(request: Request, response: Response, device: str | None) -> None:
    """Let a phone keep its key; without scripts' reach, and never for another site's form."""
    if device is None:
        return
    response.set_cookie(
        DEVICE_COOKIE, device, max_age=_DEVICE_S, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


def new_device() -> str:
    """Return the key of a phone that comes for the first time."""
    return make_key()
