"""The site: what plain requests get, by path."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Response

from likeness.errors import InputError, LikenessError
from likeness.params import to_number
from likeness.ranges import Range
from likeness.web.codes import Role
from likeness.web.oscquery import OscQuery
from likeness.web.page_files import INDEX, PageFiles
from likeness.web.preview import MOST_PER_S, SLOWEST_PER_S, WIDTHS, Preview
from likeness.web.security_headers import harden
from likeness.web.stream import MjpegStreams

JSON = "application/json"
JPEG = "image/jpeg"
PAGE = "/page/"
DEFAULT_WIDTH = 512
DEFAULT_RATE = 15.0
# A show whose first picture is not drawn yet is waited for this long.
PICTURE_S = 5.0
STREAM = "/stream.mjpg"
PICTURE_WIDTH = Range(16, WIDTHS[-1], "px")
RATE = Range(SLOWEST_PER_S, MOST_PER_S, "pictures a second")


@dataclass(frozen=True)
class Answer:
    """What a request gets.

    Args:
        status: of HTTP.
        kind: of the content; "" says nothing of it.
        content: its bytes.
        headers: beyond those that every answer has.
    """

    status: HTTPStatus
    kind: str
    content: bytes
    headers: Sequence[tuple[str, str]] = ()


NOT_FOUND = Answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing at this address\n")
NO_CACHE = ("Cache-Control", "no-cache")
NO_STORE = ("Cache-Control", "no-store")
# The address of a cue's picture holds its revision.
FOR_LONG = ("Cache-Control", "private, max-age=31536000, immutable")


@dataclass(frozen=True)
class Sources:
    """Where the site's answers come from. Each may be called on the web server's thread.

    Args:
        status: the show's numbers as JSON.
        picture_of_cue: the JPEG of a cue, by bank and name.
        picture_of_past: the JPEG nearest to a moment, in the show's time.
        report: a zip for a bug report; called on a thread of its own.
        health: whether the show is well, and the reasons as JSON.
    """

    status: Callable[[], str]
    picture_of_cue: Callable[[str, str], bytes | None]
    picture_of_past: Callable[[float], bytes | None]
    report: Callable[[], bytes]
    health: Callable[[], tuple[bool, str]]


class Site:
    """Answers plain requests that were let in. The web server's thread.

    Args:
        files: of the page.
        sources: of everything else.
        oscquery: answers all other paths.
        preview: makes pictures.
        streams: sends them one after the other.
    """

    def __init__(
        self, files: PageFiles, sources: Sources, oscquery: OscQuery, preview: Preview, streams: MjpegStreams
    ) -> None:
        self._files, self._sources, self._oscquery = files, sources, oscquery
        self._preview, self._streams = preview, streams

    async def answer(self, connection: ServerConnection, target: str, headers: Headers, role: Role) -> Response:
        """Answer a request for `target`, a path with its query."""
        url = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        try:
            if url.path == STREAM:
                width = parse_number(query, "width", DEFAULT_WIDTH, PICTURE_WIDTH)
                return await self._streams.serve(
                    connection, round(width), parse_number(query, "rate", DEFAULT_RATE, RATE)
                )
            return respond(await self._find(url.path, url.query, query, headers, role))
        except InputError as error:
            return respond(Answer(HTTPStatus.BAD_REQUEST, "text/plain", f"{error}\n".encode()))

    async def _find(self, path: str, text: str, query: dict[str, str], headers: Headers, role: Role) -> Answer:
        if path in ("/desk", f"/{INDEX}") or (path == "/" and not text and wants_page(headers)):
            return self._page_file(INDEX, headers)
        if path.startswith(PAGE):
            return self._page_file(path.removeprefix(PAGE), headers)
        if path.startswith("/picture/"):
            return self._picture([unquote(part) for part in path.split("/")[2:]])
        if path == "/status":
            return Answer(HTTPStatus.OK, JSON, self._sources.status().encode(), (NO_CACHE,))
        if path == "/health":
            well, reasons = self._sources.health()
            status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
            return Answer(status, JSON, reasons.encode(), (NO_STORE,))
        if path == "/frame.jpg":
            return await self._frame(round(parse_number(query, "width", DEFAULT_WIDTH, PICTURE_WIDTH)))
        if path == "/report.zip":
            return await self._report(role)
        status, content = self._oscquery.answer(path, text)
        return Answer(status, JSON, content.encode(), (NO_CACHE,))

    def _page_file(self, name: str, headers: Headers) -> Answer:
        file = self._files.files.get(name)
        if file is None:
            return NOT_FOUND
        kept = (("ETag", file.tag), NO_CACHE, ("Vary", "Accept-Encoding"))
        if headers.get("If-None-Match") == file.tag:
            return Answer(HTTPStatus.NOT_MODIFIED, "", b"", kept)
        if "gzip" in ",".join(headers.get_all("Accept-Encoding")):
            return Answer(HTTPStatus.OK, file.kind, file.packed, (*kept, ("Content-Encoding", "gzip")))
        return Answer(HTTPStatus.OK, file.kind, file.content, kept)

    def _picture(self, parts: list[str]) -> Answer:
        jpeg, kept = None, FOR_LONG
        if len(parts) == 3 and parts[0] == "cue":
            jpeg = self._sources.picture_of_cue(parts[1], parts[2])
        elif len(parts) == 2 and parts[0] == "past":
            # The next show has the same times.
            time, kept = to_number(parts[1]), NO_STORE
            jpeg = None if time is None else self._sources.picture_of_past(time)
        return NOT_FOUND if jpeg is None else Answer(HTTPStatus.OK, JPEG, jpeg, (kept,))

    async def _frame(self, width: int) -> Answer:
        try:
            jpeg = await asyncio.wait_for(self._preview.frame_jpeg(width), PICTURE_S)
        except (TimeoutError, LikenessError):
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"no picture has been drawn yet\n")
        return Answer(HTTPStatus.OK, JPEG, jpeg, (NO_STORE,))

    async def _report(self, role: Role) -> Answer:
        if role != "desk":
            return Answer(HTTPStatus.FORBIDDEN, "text/plain", b"a report is made on a desk\n")
        # It asks every package for its version, which reads the disk.
        content = await asyncio.get_running_loop().run_in_executor(None, self._sources.report)
        saved_as = ("Content-Disposition", 'attachment; filename="likeness-report.zip"')
        return Answer(HTTPStatus.OK, "application/zip", content, (saved_as, NO_STORE))


def wants_page(headers: Headers) -> bool:
    """Return whether a browser asks: OSCQuery's programs accept anything, and get JSON."""
    return "text/html" in headers.get("Accept", "")


def respond(answer: Answer) -> Response:
    """Return an answer as websockets sends it, with the headers that keep browsers on the safe side."""
    headers = Headers([("Connection", "close"), ("Content-Length", str(len(answer.content)))])
    if answer.kind:
        headers["Content-Type"] = answer.kind
    for name, value in answer.headers:
        if name not in headers:
            headers[name] = value
    return harden(Response(answer.status.value, answer.status.phrase, headers, answer.content))


def parse_number(query: Mapping[str, str], name: str, usual: float, within: Range) -> float:
    """Return the number that an address gives, or `usual` where it gives none.

    Raises:
        InputError: where it is no number of the range.
    """
    number = to_number(query.get(name, usual))
    if number is None or number not in within:
        raise InputError(f"{name}={query[name]:.40} is not taken; {name} is {within}")
    return number
