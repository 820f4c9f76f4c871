"""The kiosk: the form on a tablet at the door, for one visitor after the other, who take their link along as a code."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from likeness.audience.evening import Evening
from likeness.audience.pages import Pages
from likeness.audience.secret_link import SecretLink
from likeness.web.qr import qr_svg

ROLE = "kiosk"
# The code stays so long for a phone's camera; a form that nobody touches begins anew after this.
DONE_S, IDLE_S = 45, 90


class Kiosk:
    """The kiosk's role and its last page; the form is that of all visitors, drawn larger. One event loop.

    A tablet has a cookie of its own, by its secret link, and each of its visitors counts as another phone: so neither
    the quota of a phone nor the ban of one visitor ends it.

    Args:
        evening: of the server.
        pages: draws.
    """

    def __init__(self, evening: Evening, pages: Pages) -> None:
        self._link, self._pages = SecretLink(evening, ROLE), pages

    def follow(self, request: Request) -> Response | None:
        """Return the answer to a browser that opens its link, or that has not; None for the kiosk itself."""
        return self._link.follow(request) or (None if self.known(request) else self._link.refusal())

    def known(self, request: Request) -> bool:
        """Return whether a request comes from the kiosk."""
        return self._link.known(request)

    def done(self, language: str, link: str) -> Response:
        """Return the page after a photo: the visitor's link as a code, and soon the form for the next one."""
        # Within the page: an address of its own would be one that the next visitor could go back to.
        return self._pages.draw("kiosk_done.html", language, code=Markup(qr_svg(link)), seconds=DONE_S)
