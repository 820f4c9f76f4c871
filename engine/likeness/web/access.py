"""Access to the desk: who may play and who may look on, by a request's headers and where it comes from."""

import hmac
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote_plus

from likeness.web.addresses import Host, lan_address, own_names, parse_address, parse_host
from likeness.web.codes import LENGTH, Codes, Role
from likeness.web.security_headers import CSP, SECURITY_HEADERS

ROLES: tuple[Role, ...] = ("desk", "view")
COOKIE_S = 7 * 24 * 3600
# Wrong codes in a minute: a mistyped one is tried again, and 8.5e11 of them are not.
WINDOW_S = 60.0
MOST_WRONG_EACH, MOST_WRONG_IN_ALL = 5, 30
# Pages that a link leads to; elsewhere a code counts for the one request, for programs that keep no cookies.
PAGES = ("/", "/desk")
# Added by proxies: what comes through one does not come from this machine, whatever address it has.
_PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
_STYLE = (
    "html{color-scheme:dark;background:#0e0f12;color:#eceef2;font:18px/1.5 system-ui,sans-serif}"
    "body{max-width:22em;margin:12vh auto;padding:0 1em}"
    "input,button{font:inherit;min-height:44px;padding:0 .6em;border-radius:6px;border:1px solid #5c6372;"
    "background:#1f222a;color:inherit}input{width:9em;text-transform:uppercase;letter-spacing:.12em}"
    ":focus-visible{outline:2px solid #5cc8ff}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_PAGE_CSP = CSP.replace("style-src 'self'", f"style-src 'sha256-{_STYLE_HASH}'")
_WHERE = "It is shown in the show's window when you press H there, and in the terminal that started the show."
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>likeness: code</title>"
    '<meta name=viewport content="width=device-width,initial-scale=1"><style>{style}</style>'
    "<h1>likeness</h1><p>{text}<form action=/ method=get><p><label>Code <input name=code autofocus required "
    "autocomplete=off autocapitalize=characters spellcheck=false></label> <button>Open</button></form>"
)


class Headers(Protocol):
    """Headers of a request, in which a name may come several times and in any case."""

    def get_all(self, key: str) -> list[str]:
        """Return all values of one name."""
        ...


@dataclass(frozen=True)
class Verdict:
    """What is decided of a request.

    Args:
        role: what it may do; None where it is refused or sent elsewhere, and is answered with the rest.
        status: of that answer.
        headers: of that answer, all but its length.
        text: of that answer.
    """

    role: Role | None
    status: HTTPStatus = HTTPStatus.OK
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""


class Access:
    """Judges requests. On loopback whoever passes plays; from another machine it takes a code, or the cookie of one.

    The Host header must name an address, `localhost` or this machine, and Origin, where there is one, the same: so
    no page of the web plays the show through the browser of somebody who has it open, nor by a name of its own that
    it points here (DNS rebinding). The server's thread calls `judge`; `link` may be called from any.

    Args:
        host: the address that is listened on.
        port: that is listened on.
        codes: of the roles; without, nobody from another machine is let in.
        now: seconds.
        names: of this machine, lower case; None asks the system.
    """

    def __init__(
        self,
        host: str,
        port: int,
        codes: Codes | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        names: Collection[str] | None = None,
    ) -> None:
        bound = parse_address(host)
        self._host, self._port, self._codes = host, port, codes
        self.beyond_loopback = not (host == "localhost" if bound is None else bound.is_loopback)
        self._everywhere = bound is not None and bound.is_unspecified
        self._names = frozenset(own_names() if names is None else names) | {"localhost"}
        # Cookies know no ports: two shows on one machine must not overwrite each other's.
        self._cookie = f"likeness_{port}"
        self._guesses = WrongCodes(now)

    def judge(self, path: str, headers: Headers, peer: str, *, socket: bool = False, method: str = "GET") -> Verdict:
        """Return what is decided of a request.

        Args:
            path: with its query, as the request's first line has it.
            headers: of the request.
            peer: the address that it comes from.
            socket: whether it opens a WebSocket.
            method: of HTTP.
        """
        named = self._named_host(headers)
        if named is None:
            return _refuse(
                HTTPStatus.FORBIDDEN,
                f"This address is not the desk's; open {self._plain_url()} or the link of the show.",
            )
        changes = socket or method not in ("GET", "HEAD")
        if not path.startswith("/") or path.startswith("//") or not _same_origin(headers, named, socket=changes):
            return _refuse(HTTPStatus.FORBIDDEN, "The desk answers its own page alone, and no other site's.")
        here = parse_address(peer)
        if not self.beyond_loopback:
            return Verdict("desk")
        if here is not None and here.is_loopback and named.loopback and not any(map(headers.get_all, _PROXIED)):
            return Verdict("desk")
        return self._judge_stranger(path, headers, peer, plain=socket or not _wants_page(headers))

    def link(self, role: Role = "desk") -> str:
        """Return the address of the desk, from another machine with the code of `role` in it."""
        if not self.beyond_loopback or self._codes is None:
            return self._plain_url()
        return f"{self._plain_url()}?code={self._codes.pairing(role).code}"

    def _plain_url(self) -> str:
        host = self._host
        if self._everywhere:
            host = lan_address()
        address = parse_address(host)
        return f"http://{f'[{host}]' if address is not None and address.version == 6 else host}:{self._port}/"

    def _named_host(self, headers: Headers) -> Host | None:
        """Return what the Host header names, if that is this machine by a name that nobody else can give it."""
        hosts = headers.get_all("Host")
        named = parse_host(hosts[0]) if len(hosts) == 1 else None
        if named is None or named.port not in (None, self._port):
            return None
        known = named.name in self._names if isinstance(named.name, str) else not named.name.is_unspecified
        return named if known else None

    def _judge_stranger(self, path: str, headers: Headers, peer: str, *, plain: bool) -> Verdict:
        """Decide of a request from another machine: by its code, where it shows one, else by its cookie."""
        page, _, query = path.partition("?")
        code = _code_in(query)
        if code is None:
            role = self._role_of_cookie(headers)
            return Verdict(role) if role else _ask_for_code("The desk asks for its code.", plain=plain)
        if self._guesses.too_many(peer):
            text = "Too many wrong codes; wait a minute. Tablets that paired before play on."
            return _refuse(HTTPStatus.TOO_MANY_REQUESTS, text, ("Retry-After", f"{WINDOW_S:.0f}"))
        role = self._role_of_code(code)
        if role is None:
            self._guesses.add(peer)
            return _ask_for_code("That is not the code.", plain=plain)
        if page not in PAGES or plain:
            return Verdict(role)
        return self._send_on(page, role)

    def _send_on(self, page: str, role: Role) -> Verdict:
        """Let a browser keep the cookie of `role` and open the page again, without the code in its address."""
        assert self._codes is not None
        value = self._codes.pairing(role).cookie
        # With Strict a browser that followed the link from another page, such as a mail, came back without the cookie
        # and was asked for the code. Lax sends it with such a visit, never with what a foreign page loads or opens.
        cookie = f"{self._cookie}={value}; Max-Age={COOKIE_S}; Path=/; HttpOnly; SameSite=Lax"
        headers = (("Location", page), ("Set-Cookie", cookie), ("Cache-Control", "no-store"), *SECURITY_HEADERS)
        return Verdict(None, HTTPStatus.SEE_OTHER, headers)

    def _role_of_code(self, code: str) -> Role | None:
        return self._find_role(lambda role, codes: _equal(code, codes.pairing(role).code))

    def _role_of_cookie(self, headers: Headers) -> Role | None:
        shown = list(_cookies(headers.get_all("Cookie"), self._cookie))
        return self._find_role(lambda role, codes: any(_equal(each, codes.pairing(role).cookie) for each in shown))

    def _find_role(self, shows: Callable[[Role, Codes], bool]) -> Role | None:
        """Return the role whose code or cookie was shown. Both are compared, so that the time tells nothing."""
        if self._codes is None:
            return None
        codes = self._codes
        found = [role for role in ROLES if shows(role, codes)]
        return found[0] if found else None


class WrongCodes:
    """The wrong codes of the last minute, each with the address that it came from. One thread.

    Args:
        now: seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # No more are added than count, so a flood of guesses fills no memory.
        self._wrong: deque[tuple[float, str]] = deque()

    def too_many(self, peer: str) -> bool:
        """Return whether no code of `peer` is looked at for now, right or wrong."""
        while self._wrong and self._wrong[0][0] <= self._now() - WINDOW_S:
            self._wrong.popleft()
        key = _network_of(peer)
        its = sum(each == key for _, each in self._wrong)
        return its >= MOST_WRONG_EACH or len(self._wrong) >= MOST_WRONG_IN_ALL

    def add(self, peer: str) -> None:
        """Count a wrong code."""
        self._wrong.append((self._now(), _network_of(peer)))


def without_code(path: str) -> str:
    """Return a path and its query without the code, for what answers the request."""
    page, mark, query = path.partition("?")
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0] != "code")
    return f"{page}?{kept}" if kept else page if "code" in query else page + mark


def _code_in(query: str) -> str | None:
    """Return the code of a query as it was meant: capitals, without the spaces and hyphens that people type."""
    codes = [value for name, _, value in (part.partition("=") for part in query.split("&")) if name == "code"]
    if not codes:
        return None
    typed = unquote_plus(codes[0][: 8 * LENGTH])
    return "".join(character for character in typed if character not in " -\t").upper()


def _cookies(lines: Iterable[str], name: str) -> Iterable[str]:
    """Yield the values of the cookies called `name`; a browser may send several."""
    for line in lines:
        for pair in line.split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                yield value


def _same_origin(headers: Headers, named: Host, *, socket: bool) -> bool:
    """Return whether a request comes from the desk's own page, or from no page.

    A program that is no browser sends no Origin. A browser sends one with each socket and with what changes
    something; with the rest it says how far away the page is, where it says so.
    """
    origins = headers.get_all("Origin")
    if origins:
        return len(origins) == 1 and _names_host(origins[0], named)
    distance, mode = headers.get_all("Sec-Fetch-Site"), headers.get_all("Sec-Fetch-Mode")
    # A link from another site may lead to the desk; its scripts, pictures and frames may not.
    return set(distance) <= {"same-origin", "none"} or (mode == ["navigate"] and not socket)


def _names_host(origin: str, named: Host) -> bool:
    """Return whether an origin is `http://` or, behind a proxy, `https://` of the host that the request names."""
    scheme, _, rest = origin.partition("://")
    usual = {"http": 80, "https": 443}.get(scheme.lower())
    host = parse_host(rest)
    if usual is None or host is None or host.name != named.name:
        return False
    return (host.port or usual) == (named.port or usual)


def _network_of(peer: str) -> str:
    """Return what counts as one sender: an address, or all of the network that one IPv6 machine chooses from."""
    address = parse_address(peer)
    if address is None or address.version == 4:
        return peer
    return address.exploded[:19]


def _equal(shown: str, right: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "replace"), right.encode())


def _wants_page(headers: Headers) -> bool:
    return any("text/html" in line.lower() for line in headers.get_all("Accept"))


def _ask_for_code(text: str, *, plain: bool) -> Verdict:
    if plain:
        return _refuse(HTTPStatus.UNAUTHORIZED, f"{text} {_WHERE}")
    own = (("Content-Security-Policy", _PAGE_CSP), *(pair for pair in SECURITY_HEADERS if pair[1] != CSP))
    page = _PAGE.format(style=_STYLE, text=escape(f"{text} {_WHERE}"))
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), *own)
    return Verdict(None, HTTPStatus.UNAUTHORIZED, headers, page)


def _refuse(status: HTTPStatus, text: str, *headers: tuple[str, str]) -> Verdict:
    usual = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *SECURITY_HEADERS)
    return Verdict(None, status, (*usual, *headers), f"{text}\n")
