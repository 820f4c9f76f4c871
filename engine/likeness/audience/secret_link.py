"""Secret links: pages for whoever has the link that the server printed, known by a cookie from then on."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from likeness.audience.evening import Evening
from likeness.audience.security import Rates

COOKIE_S = 7 * 24 * 3600
# Wrong codes a minute from one address; a code has 160 bits.
MOST_WRONG = 10


class SecretLink:
    """Knows one role's browsers. One event loop.

    Args:
        evening: of the server.
        role: of the link, which is its path and in the name of its cookie: "operator".
    """

    def __init__(self, evening: Evening, role: str) -> None:
        self._evening, self._role, self._cookie = evening, role, f"likeness_{role}"
        self._wrong = Rates(MOST_WRONG, evening.now)

    def follow(self, request: Request) -> Response | None:
        """Return the answer to a link with a code: a cookie and the page without the code, or a refusal; else None."""
        code = request.query_params.get("code")
        if code is None:
            return None
        address = request.client.host if request.client else ""
        if not hmac.compare_digest(code.encode(), secret_code(self._evening, self._role).encode()):
            text = f"That is not the {self._role}'s link.\n" if self._wrong.allow(address) else "Wait a minute.\n"
            return Response(text, 403, media_type="text/plain")
        answer = RedirectResponse(f"/{self._role}", 303)
        answer.set_cookie(
            self._cookie, self._evening.sign(f"{self._role} cookie"), max_age=COOKIE_S, httponly=True, samesite="lax",
            path="/" if self._role == "kiosk" else f"/{self._role}", secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    def known(self, request: Request) -> bool:
        """Return whether the browser has followed the link."""
        return self._evening.is_signed(request.cookies.get(self._cookie, ""), f"{self._role} cookie")

    def refusal(self) -> Response:
        """Return the answer to a browser that has not."""
        text = f"This page is the {self._role}'s: open the link that the server printed when it started.\n"
        return Response(text, 403, media_type="text/plain")


def secret_code(evening: Evening, role: str) -> str:
    """Return the code of a role's link: the same after a restart, another on another evening."""
    return evening.sign(f"{role} code")
