"""Templates and the files of the pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from likeness.audience.texts import LANGUAGES, Texts, choose_language

TEMPLATES = Path(__file__).with_name("templates")
FILES = Path(__file__).with_name("page")
_KINDS = {".css": "text/css", ".js": "text/javascript"}


class Pages:
    """Draws pages from templates, in the language of who asks. Any thread.

    Args:
        texts: of all languages.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self._files = {path.name: path.read_bytes() for path in FILES.iterdir() if path.suffix in _KINDS}

    def draw(self, template: str, language: str = "en", status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page. In templates `t(KEY)` is a text of the language as HTML, and `p(KEY)` as it stands."""

        def html(key: str, **filled: object) -> Markup:
            # Markdown's own output, in which tags of the text are escaped.
            return Markup(self._texts.html(language, key, **filled))

        def plain(key: str, **filled: object) -> str:
            return self._texts.plain(language, key, **filled)

        names = {"t": html, "p": plain, "language": language, "languages": LANGUAGES}
        return HTMLResponse(self._templates.get_template(template).render(**names, **values), status)

    def file(self, request: Request) -> Response:
        """Return a style sheet or a script."""
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return Response("there is nothing at this address\n", 404, media_type="text/plain")
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers: Mapping[str, str] = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_KINDS[Path(name).suffix], headers=headers)


def language_of(request: Request) -> str:
    """Return the language of a page: the link's, or that of the phone."""
    return choose_language(request.query_params.get("lang", ""), request.headers.get("Accept-Language", ""))


def ranged(request: Request, content: bytes, kind: str, name: str = "") -> Response:
    """Return a file, or the part that a player asks for: phones play no film from a server that has no parts.

    Args:
        request: of the player.
        content: of the file.
        kind: its MIME type.
        name: under which it is saved; "" shows it in the page.
    """
    headers = {"Accept-Ranges": "bytes"}
    if name:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    asked = request.headers.get("Range", "")
    if not asked.startswith("bytes=") or "," in asked:
        return Response(content, media_type=kind, headers=headers)
    first, _, last = asked.removeprefix("bytes=").partition("-")
    if not (first or last) or not all(side == "" or (side.isascii() and side.isdigit()) for side in (first, last)):
        return Response(content, media_type=kind, headers=headers)
    # "-500" are the last 500 bytes.
    begin = int(first) if first else max(len(content) - int(last), 0)
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    if begin > end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {begin}-{end}/{len(content)}"
    return Response(content[begin : end + 1], 206, media_type=kind, headers=headers)
