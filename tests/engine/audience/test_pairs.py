"""Two who came together: both agree, both are let in, both see their children, and either takes them along."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from tests.engine.audience.evenings import Guests
from tests.engine.audience.served import Answer, Phone, Served, signature

from likeness.audience import claims, moderation
from likeness.audience.claim import LEASE_S, MOST_ATTEMPTS, Claim, Task
from likeness.audience.night import NightPlan, begin_night
from likeness.audience.pair_pages import MOST_TYPED
from likeness.audience.pairs import Joined, find_pair, find_view
from likeness.audience.security import MINUTE_S
from likeness.audience.states import State
from likeness.audience.tables import Consent, Pair, Visitor
from likeness.audience.transitions import move


def claim(session: Session, guests: Guests) -> Claim | None:
    return claims.claim_work(session, guests.clock())


def come_together(guests: Guests, *, approved: bool = True) -> tuple[int, int]:
    """Return two visitors with films of their own, who are a pair."""
    numbers = [guests.come(f"photos/{name}.jpg") for name in ("one", "two")]
    with guests.database.writing() as session:
        for _ in numbers:
            check = claim(session, guests)
            assert check is not None
            claims.finish_check(session, check, None, guests.clock())
        moderation.approve(session, numbers, guests.clock())
        for _ in numbers:
            films = claim(session, guests)
            assert films is not None
            claims.finish_films(session, films, [("smile.mp4", f"results/{films.number}")], "", "", guests.clock())
        if not approved:
            moderation.undo(session, guests.clock())
    first, second = numbers
    assert guests.join(first, second) is Joined.DONE
    return first, second


def film_of(session: Session, guests: Guests, number: int) -> str:
    return find_view(session, session.get_one(Visitor, number, populate_existing=True), "", guests.clock()).film


def test_children_are_drawn_of_both_photos_once_both_are_let_in_and_shown_to_both(on_both: Guests) -> None:
    guests = on_both
    first, second = come_together(guests, approved=False)
    with guests.database.writing() as session:
        assert claim(session, guests) is None
        moderation.approve(session, [first], guests.clock())
        assert claim(session, guests) is None
        moderation.approve(session, [second], guests.clock())
        children = claim(session, guests)
        assert children is not None
        assert (children.task, children.photo, children.other) == (Task.CHILDREN, "photos/one.jpg", "photos/two.jpg")
        assert claim(session, guests) is None
        assert claims.finish_films(session, children, [("children.mp4", "results/c")], "", "", guests.clock())
        assert [film_of(session, guests, number) for number in (first, second)] == ["results/c"] * 2
        assert claim(session, guests) is None
        # Of one who is refused nothing is shown, to the other one neither; and it comes back with them.
        moderation.refuse(session, [second], guests.clock())
        assert [film_of(session, guests, number) for number in (first, second)] == ["", ""]
        moderation.undo(session, guests.clock())
        moderation.approve(session, [second], guests.clock())
        assert film_of(session, guests, first) == "results/c"


def test_whoever_is_refused_or_deleted_while_they_are_drawn_ends_the_drawing(on_both: Guests) -> None:
    guests = on_both
    pairs = [come_together(guests) for _ in range(2)]
    with guests.database.writing() as session:
        drawing = [claim(session, guests) for _ in pairs]
        moderation.refuse(session, [pairs[0][0]], guests.clock())
        move(session, State.DELETED, Visitor.number == pairs[1][1], now=guests.clock())
        for each in drawing:
            assert each is not None
            assert not claims.renew(session, each, guests.clock())
            assert not claims.finish_films(session, each, [("children.mp4", "results/c")], "", "", guests.clock())
        assert session.scalars(select(Pair.film)).all() == ["", ""]


def test_a_pair_in_the_hands_of_a_dead_worker_is_taken_again_and_after_three_is_given_up(on_both: Guests) -> None:
    guests = on_both
    first, _ = come_together(guests)
    with guests.database.writing() as session:
        held = claim(session, guests)
        assert held is not None
        assert claims.renew(session, held, guests.clock())
        assert claims.give_back(session, held)
        for _ in range(MOST_ATTEMPTS):
            again = claim(session, guests)
            assert again is not None
            assert again.token != held.token
            assert not claims.give_back(session, held)
            guests.clock.now += LEASE_S + 1
        assert claim(session, guests) is None
        visitor = session.get_one(Visitor, first, populate_existing=True)
        assert find_view(session, visitor, "", guests.clock()).failed
        # Their own films are as they were.
        assert visitor.state is State.DONE


def test_nobody_is_in_two_pairs_nor_in_one_with_themselves(guests: Guests) -> None:
    first, second = come_together(guests)
    third = guests.come()
    assert guests.join(third, first) is Joined.PAIRED
    assert guests.join(first, third) is Joined.WRONG
    assert guests.join(third, third) is Joined.OWN
    with guests.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Pair)) == 1
        pair = find_pair(session, second)
        assert pair is not None
        assert (pair.first, pair.second) == (first, second)


@pytest.mark.parametrize("plan", [NightPlan(reveal=True), NightPlan(drop_only=True)], ids=["kept back", "drop only"])
def test_what_keeps_films_from_visitors_keeps_children_too(guests: Guests, plan: NightPlan) -> None:
    first, _ = come_together(guests)
    with guests.database.writing() as session:
        children = claim(session, guests)
        assert children is not None
        claims.finish_films(session, children, [("children.mp4", "results/c")], "", "", guests.clock())
        assert film_of(session, guests, first) == "results/c"
        begin_night(session, plan)
        assert film_of(session, guests, first) == ""


class Two:
    """Two phones, each with a visitor's page."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.phones = [served.phone(), served.phone()]
        self.keys, self.numbers = zip(*(served.come() for _ in range(2)), strict=True)

    def page(self, which: int) -> str:
        return self.phones[which].ask(f"/v/{self.keys[which]}").text

    def press(self, which: int, act: str, **fields: str) -> Answer:
        """Press a button on one's page; return what that leads to."""
        phone: Phone = self.phones[which]
        section = self.page(which).partition('id="pair"')[2]
        form = {"form": signature(section), "act": act, **fields}
        answer = phone.post(f"/v/{self.keys[which]}/pair", **form)
        assert answer.status == 303, answer.text
        return phone.ask(answer.headers["location"].partition("#")[0])

    def code(self, which: int) -> str:
        found = re.search(r'class="code">([\w-]+)<', self.page(which))
        return found[1] if found else ""

    def consents(self) -> list[int]:
        with self.served.evening.database.reading() as session:
            agreed = session.scalars(select(Consent.visitor).where(Consent.kind == "children")).all()
        return [number for number in agreed if number in self.numbers]


def test_both_agree_on_their_own_page_and_see_the_children_and_either_deletes_them(served: Served) -> None:
    two = Two(served)
    assert "Without the tick" in two.press(0, "offer").text
    assert two.consents() == []
    two.press(0, "offer", agree="yes")
    code = two.code(0)
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    assert two.consents() == [two.numbers[0]]
    assert "Without the tick" in two.press(1, "join", code=code).text
    assert "no such code" in two.press(1, "join", code="AAAA-AAAA", agree="yes").text
    assert two.consents() == [two.numbers[0]]
    assert "your own code" in two.press(0, "join", code=code).text
    # As it is typed on a phone.
    assert "You two are joined" in two.press(1, "join", code=f"+{code.lower().replace('-', '+')}", agree="yes").text
    assert two.consents() == list(two.numbers)
    assert "You two are joined" in two.page(0)
    assert f"with {two.numbers[1]}" not in served.operator().ask("/operator").text
    served.work()
    assert f"with {two.numbers[1]}" in served.operator().ask("/operator").text
    for number in two.numbers:
        served.approve(number)
    film = b"of both"
    served.work(film)
    for which in range(2):
        assert "children.mp4" in two.page(which)
        shown = two.phones[which].ask(f"/v/{two.keys[which]}/children.mp4")
        assert (shown.status, shown.body) == (200, b"children in " + film)
    stranger, _ = served.come()
    assert served.phone().ask(f"/v/{stranger}/children.mp4").status == 404
    # Also by one who was refused meanwhile.
    with served.evening.database.writing() as session:
        moderation.refuse(session, [two.numbers[1]], served.clock())
    two.press(1, "part")
    for which in range(2):
        assert two.phones[which].ask(f"/v/{two.keys[which]}/children.mp4").status == 404
        assert "children.mp4" not in two.page(which)
    assert not holds(served.folder, b"children in " + film)
    # Nobody is joined again without agreeing again.
    assert two.code(0) == ""
    with served.evening.database.writing() as session:
        moderation.undo(session, served.clock())
    assert "no such code" in two.press(1, "join", code=code, agree="yes").text


def test_a_parent_who_is_deleted_takes_the_children_along_from_the_disk_too(served: Served) -> None:
    for gone in range(2):
        two = Two(served)
        two.press(0, "offer", agree="yes")
        two.press(1, "join", code=two.code(0), agree="yes")
        served.work()
        for number in two.numbers:
            served.approve(number)
        served.work(b"of two, and one goes")
        assert holds(served.folder, b"children in of two")
        drawing = served.evening.deletion.delete_visitor(two.numbers[gone], served.clock())
        assert drawing
        assert not holds(served.folder, b"children in of two")
        other = 1 - gone
        assert "children.mp4" not in two.page(other)
        assert "Did you come with somebody?" in two.page(other)
        assert two.phones[other].ask(f"/v/{two.keys[other]}/smile.mp4").status == 200
        served.evening.deletion.delete_visitor(two.numbers[other], served.clock())


def test_a_code_that_is_taken_back_counts_no_more_and_nobody_guesses_for_long(served: Served) -> None:
    two = Two(served)
    two.press(0, "offer", agree="yes")
    code = two.code(0)
    two.press(0, "part")
    assert two.code(0) == ""
    for _ in range(MOST_TYPED):
        assert "no such code" in two.press(1, "join", code=code, agree="yes").text
    assert "too fast" in two.press(1, "join", code=code, agree="yes").text
    served.clock.now += MINUTE_S + 1
    strange = two.phones[1].post(f"/v/{two.keys[1]}/pair", form="0" * 40, act="offer", agree="yes")
    assert strange.status == 404
    form = served.evening.sign("pair", two.keys[1])
    assert two.phones[1].post(f"/v/{two.keys[1]}/pair", form=form, act="nonsense").status == 404


def holds(folder: Path, needle: bytes) -> bool:
    """Return whether a file in a folder holds some bytes."""
    return any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())
