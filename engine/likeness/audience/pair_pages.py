"""The part of a visitor's page where two who came together become a pair, and part again."""

from __future__ import annotations

from anyio import to_thread
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from likeness.audience.admission import find_visitor
from likeness.audience.evening import Evening
from likeness.audience.pages import Pages, language_of
from likeness.audience.pairs import CONSENT, Joined, join, offer, pairs_are_wished, part
from likeness.audience.security import Rates
from likeness.audience.states import State
from likeness.audience.tables import Night
from likeness.errors import AudienceError

# Codes typed in a minute, by one visitor and by all phones behind one address; a code has 40 bits.
MOST_TYPED, MOST_TYPED_THERE = 10, 60
# Without those that look alike.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 8
# Why a press had no effect. The texts are in `texts/`, under `pair-` and the value.
TICK, FAST = "tick", "fast"
NOTICES = (TICK, FAST, *(each for each in Joined if each is not Joined.DONE))


class PairPages:
    """Answers the buttons of pairs. One event loop; the database is used on threads.

    Args:
        evening: of the server.
        pages: draws.
    """

    def __init__(self, evening: Evening, pages: Pages) -> None:
        self._evening, self._pages = evening, pages
        self._by_visitor, self._by_address = Rates(MOST_TYPED, evening.now), Rates(MOST_TYPED_THERE, evening.now)

    def routes(self) -> list[Route]:
        """Return what is answered here."""
        return [Route("/v/{key}/pair", self.press, methods=["POST"])]

    async def press(self, request: Request) -> Response:
        """Show a visitor's code, join them with the one whose code they typed, or part them; lead back to the page."""
        form, key = await request.form(max_files=0, max_fields=6), request.path_params["key"]
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        if not self._evening.is_signed(fields.get("form", ""), "pair", key):
            return self._gone(request)
        act, typed = fields.get("act", ""), fields.get("code", "").strip()
        address = request.client.host if request.client else ""
        if act == "join" and not (self._by_visitor.allow(key) and self._by_address.allow(address)):
            notice: str | None = FAST
        else:
            notice = await to_thread.run_sync(self._press, key, act, typed, "agree" in fields)
        if notice is None:
            return self._gone(request)
        return RedirectResponse(f"/v/{key}{f'?pair={notice}' if notice else ''}#pair", 303)

    def _gone(self, request: Request) -> Response:
        return self._pages.draw("message.html", language_of(request), 404, key="gone")

    def _press(self, key: str, act: str, typed: str, agrees: bool) -> str | None:
        """Do what a button asks for; return the key of a notice, "" for none, and None where there is no such act."""
        evening, films = self._evening, []
        with evening.database.writing() as session:
            visitor, night = find_visitor(session, key), session.scalars(select(Night)).one()
            if visitor is None:
                return None
            if act == "part":
                # Always: what was agreed to may be taken back, also by one who was refused.
                films = part(session, visitor)
            elif visitor.state is State.REFUSED or not pairs_are_wished(night) or act not in ("offer", "join"):
                return None
            elif not agrees and visitor.pair_hash is None:
                return TICK
            elif act == "join":
                joined = join(session, visitor, typed, evening.texts.consent(visitor.language, CONSENT), evening.now())
                return "" if joined is Joined.DONE else joined
            else:
                agreed = evening.texts.consent(visitor.language, CONSENT)
                offer(session, visitor, make_code(evening, key), agreed, evening.now())
        for film in films:
            if not evening.store.remove(film):
                # No pair has it any more, so that the next clearing finds it.
                raise AudienceError("the children's film could not be removed; it is tried again within minutes")
        return ""


def make_code(evening: Evening, key: str) -> str:
    """Return a visitor's code, the same each time, such as "K7QM-2F9X"; the database keeps a hash of it."""
    number = int(evening.sign("pair code", key), 16)
    letters = "".join(_LETTERS[(number >> 5 * place) % len(_LETTERS)] for place in range(_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"
