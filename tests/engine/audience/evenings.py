"""An evening for tests: a database in memory or in a file, a clock that is moved by hand, visitors without photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from likeness.audience.admission import AgreedText, admit, hash_key, make_key
from likeness.audience.database import Database
from likeness.audience.night import NightPlan, begin_night
from likeness.audience.pairs import Joined, join, offer
from likeness.audience.states import State
from likeness.audience.tables import Night, Visitor

AGREED = {kind: AgreedText(kind, f"{kind}-1", "en", f"{kind}: I agree.") for kind in ("compare", "stage", "children")}


@dataclass
class Clock:
    """A clock that is moved by hand."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def join_two(session: Session, first: int, second: int, now: float) -> Joined:
    """Let the second of two visitors type the code that the first has shown."""
    code, agreed = f"CODE{first:04}", AGREED["children"]
    one, two = (session.get_one(Visitor, number, populate_existing=True) for number in (first, second))
    offer(session, one, code, agreed, now)
    return join(session, two, code, agreed, now)


@dataclass
class Guests:
    """Lets visitors come, and looks at them."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    def begin(self, plan: NightPlan = NightPlan()) -> None:  # noqa: B008 - frozen
        with self.database.writing() as session:
            begin_night(session, plan)

    def come(
        self, photo: str = "photos/x.jpg", device: str = "phone", kinds: Sequence[str] = ("compare", "stage")
    ) -> int:
        """Return the number of a new visitor."""
        return self.come_with_key(photo, device, kinds)[0]

    def come_with_key(self, photo: str, device: str, kinds: Sequence[str]) -> tuple[int, str]:
        key = make_key()
        with self.database.writing() as session:
            night = session.scalars(select(Night)).one()
            agreed = [AGREED[kind] for kind in kinds]
            return admit(session, night, key, hash_key(device), photo, agreed, self.clock()).number, key

    def join(self, first: int, second: int) -> Joined:
        """Let the second type the code of the first."""
        with self.database.writing() as session:
            return join_two(session, first, second, self.clock())

    def state(self, number: int) -> State:
        with self.database.reading() as session:
            return session.scalars(select(Visitor.state).where(Visitor.number == number)).one()
