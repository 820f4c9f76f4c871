"""The operator's decisions, and the invariant of the evening: with moderation on nobody is shown unapproved."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from tests.engine.audience.evenings import Guests, join_two

from likeness.audience import claims, moderation
from likeness.audience.admission import find_results, hash_key
from likeness.audience.claim import LEASE_S, Claim, Task
from likeness.audience.database import Database
from likeness.audience.night import NightPlan, find_refusal
from likeness.audience.pairs import Joined, find_pair, find_view, part
from likeness.audience.states import NEXT, Reason, State
from likeness.audience.tables import Ban, Consent, Decision, Night, Pair, Result, Visitor
from likeness.audience.transitions import move

SEQUENCES, STEPS = 10_000, 14


def waiting(guests: Guests, count: int = 1, device: str = "phone") -> list[int]:
    """Return visitors who wait for the operator."""
    numbers = [guests.come(device=device) for _ in range(count)]
    with guests.database.writing() as session:
        for _ in numbers:
            taken = claims.claim_work(session, guests.clock())
            assert taken is not None
            assert claims.finish_check(session, taken, None, guests.clock())
    return numbers


def test_undo_takes_back_one_press_with_all_that_it_decided(guests: Guests) -> None:
    first, second, third = waiting(guests, 3)
    with guests.database.writing() as session:
        assert moderation.approve(session, [first, second], 0.0) == [first, second]
        assert moderation.refuse(session, [third], 0.0) == [third]
        assert moderation.undo(session, 0.0) == [third]
        assert sorted(moderation.undo(session, 0.0)) == [first, second]
        assert moderation.undo(session, 0.0) == []
    assert {guests.state(number) for number in (first, second, third)} == {State.WAITING}


def test_who_was_refused_by_the_check_is_not_brought_back_by_undo(guests: Guests) -> None:
    number = guests.come()
    with guests.database.writing() as session:
        taken = claims.claim_work(session, 0.0)
        assert taken is not None
        claims.finish_check(session, taken, Reason.NO_FACE, 0.0)
        assert moderation.approve(session, [number], 0.0) == []
        assert moderation.refuse(session, [number], 0.0) == []
        assert moderation.undo(session, 0.0) == []
    assert guests.state(number) is State.REFUSED


def test_a_banned_phone_is_refused_with_all_that_it_sent_until_that_is_undone(guests: Guests) -> None:
    first, second = waiting(guests, 2, "rude")
    (other,) = waiting(guests, 1, "kind")
    with guests.database.writing() as session:
        assert sorted(moderation.ban(session, first, 0.0)) == [first, second]
        night = session.scalars(select(Night)).one()
        assert find_refusal(session, night, hash_key("rude"), 0.0) == "closed-banned"
        assert find_refusal(session, night, hash_key("kind"), 0.0) == ""
        assert sorted(moderation.undo(session, 0.0)) == [first, second]
        assert find_refusal(session, night, hash_key("rude"), 0.0) == ""
    assert guests.state(other) is State.WAITING


def test_a_ban_of_a_phone_whose_photos_are_refused_already_is_undone_too(guests: Guests) -> None:
    (number,) = waiting(guests)
    with guests.database.writing() as session:
        moderation.refuse(session, [number], 0.0)
        assert moderation.ban(session, number, 0.0) == []
        moderation.undo(session, 0.0)
        assert find_refusal(session, session.scalars(select(Night)).one(), hash_key("phone"), 0.0) == ""
    assert guests.state(number) is State.REFUSED


@pytest.mark.parametrize("state", State)
def test_no_state_follows_another_but_those_that_the_table_has(guests: Guests, state: State) -> None:
    for to in State:
        number = guests.come()
        with guests.database.writing() as session:
            session.get_one(Visitor, number).state = state
            session.get_one(Visitor, number).approved_at = 1.0
            session.flush()
            moved = move(session, to, Visitor.number == number, now=0.0)
        assert (moved == [number]) is (to in NEXT[state])


@dataclass
class Evening:
    """What random hands do to an evening, and by our own account whom the operator has let in."""

    session: Session
    random: random.Random
    now: float = 0.0
    numbers: list[int] = field(default_factory=list)
    approved: set[int] = field(default_factory=set)
    claims: list[Claim] = field(default_factory=list)
    turns: list[Claim] = field(default_factory=list)
    moderated: bool = True
    shown: int = 0
    # By the number of each pair that has not parted.
    parents: dict[int, tuple[int, int]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    children: int = 0

    def some(self) -> list[int]:
        return self.random.sample(self.numbers, self.random.randint(1, 2))

    def handed_out(self, number: int) -> None:
        self.shown += 1
        assert not self.moderated or number in self.approved, f"{number} is shown unapproved"

    def claim(self) -> None:
        taken = claims.claim_work(self.session, self.now)
        if taken is not None:
            self.claims.append(taken)
            if taken.task is Task.FILMS:
                self.handed_out(taken.number)
            elif taken.task is Task.CHILDREN:
                self.children_handed_out(taken.number)

    def finish(self) -> None:
        if not self.claims:
            return
        claim = self.claims.pop(self.random.randrange(len(self.claims)))
        if claim.task is Task.CHECK:
            reason = Reason.NO_FACE if self.random.random() < 0.1 else None
            claims.finish_check(self.session, claim, reason, self.now)
        elif claim.task is Task.CHILDREN:
            if claims.finish_films(self.session, claim, [("children.mp4", "results/c")], "", "", self.now):
                self.children_handed_out(claim.number)
        elif claims.finish_films(self.session, claim, [("smile.mp4", "results/a")], "", "", self.now):
            self.handed_out(claim.number)

    def children_handed_out(self, pair: int) -> None:
        self.children += 1
        parents = self.parents[pair]
        assert not self.gone & set(parents), f"children of {parents} are shown, of whom one is deleted"
        assert not self.moderated or self.approved >= set(parents), f"children of {parents} are shown unapproved"

    def join(self) -> None:
        first, second = self.random.sample(self.numbers, 2)
        if join_two(self.session, first, second, self.now) is Joined.DONE:
            pair = find_pair(self.session, first)
            assert pair is not None
            self.parents[pair.number] = (first, second)

    def part(self) -> None:
        number = self.some()[0]
        pair = find_pair(self.session, number)
        part(self.session, self.session.get_one(Visitor, number, populate_existing=True))
        if pair is not None:
            # Nothing of it is handed out from now on.
            del self.parents[pair.number]

    def take_turn(self) -> None:
        turn = claims.take_for_stage(self.session, self.now)
        if turn is not None:
            self.turns.append(turn)
            self.handed_out(turn.number)

    def stay(self) -> None:
        if self.turns and claims.keep_on_stage(self.session, self.turns[-1], self.now):
            self.handed_out(self.turns[-1].number)

    def leave(self) -> None:
        if self.turns:
            claims.leave_stage(self.session, self.turns.pop(), self.now)

    def approve(self) -> None:
        self.approved.update(moderation.approve(self.session, self.some(), self.now))

    def refuse(self) -> None:
        self.approved.difference_update(moderation.refuse(self.session, self.some(), self.now))

    def undo(self) -> None:
        self.approved.difference_update(moderation.undo(self.session, self.now))

    def ban(self) -> None:
        self.approved.difference_update(moderation.ban(self.session, self.some()[0], self.now))

    def hurry(self) -> None:
        moderation.hurry(self.session, self.some()[0], self.now)

    def switch(self) -> None:
        self.moderated = not self.moderated
        moderation.switch_moderation(self.session, self.moderated, self.now)

    def wait(self) -> None:
        self.now += self.random.choice((LEASE_S / 2, LEASE_S + 1))

    def delete(self) -> None:
        self.gone.update(move(self.session, State.DELETED, Visitor.number == self.some()[0], now=self.now))

    def look(self) -> None:
        visitor = self.session.get_one(Visitor, self.some()[0], populate_existing=True)
        if find_results(self.session, visitor, self.now):
            self.handed_out(visitor.number)
        # Asked of the deleted, too, whose page is gone anyhow.
        if find_view(self.session, visitor, "", self.now).film:
            pair = find_pair(self.session, visitor.number)
            assert pair is not None
            self.children_handed_out(pair.number)

    def steps(self) -> list[Callable[[], None]]:
        often = [self.claim, self.finish, self.approve, self.take_turn] * 3 + [self.switch, self.join, self.look] * 2
        return [
            *often,
            self.stay,
            self.leave,
            self.refuse,
            self.undo,
            self.ban,
            self.hurry,
            self.switch,
            self.wait,
            self.delete,
            self.part,
        ]


def play(sequences: int, steps: int) -> tuple[int, int]:
    """Play random sequences, each on two or three visitors; count who is shown, and children."""
    chance, shown, children = random.Random(14), 0, 0
    guests = Guests(Database("sqlite://"))
    guests.begin(NightPlan(stage=True))
    with guests.database.writing() as session:
        blank = {
            "language": "en", "stage_consent": True, "photo": "p", "device": "d", "reason": "", "attempts": 0,
            "received_at": 0.0, "changed_at": 0.0, "delete_at": 9e9, "nearest": "", "farthest": "",
        }  # fmt: skip
        for _ in range(sequences):
            for table in (Result, Decision, Ban, Pair, Consent, Visitor):
                session.execute(delete(table))
            moderated = chance.random() < 0.6
            # In half of them two have films already and are a pair: so few steps seldom lead there.
            paired = chance.random() < 0.5
            states = [State.RECEIVED, chance.choice((State.RECEIVED, State.WAITING)), State.WAITING]
            if paired:
                states = [State.WAITING] * 2
            films_at = 0.0 if paired else None
            session.execute(insert(Visitor), [{**blank, "state": state, "films_at": films_at} for state in states])
            session.execute(update(Night).values(moderation=moderated))
            evening = Evening(session, chance, numbers=list(range(1, len(states) + 1)), moderated=moderated)
            if paired:
                evening.join()
            choices = evening.steps()
            for _ in range(steps):
                chance.choice(choices)()
            session.expire_all()
            shown, children = shown + evening.shown, children + evening.children
    return shown, children


def test_with_moderation_on_no_picture_is_shown_unapproved_in_random_evenings() -> None:
    shown, children = play(SEQUENCES // 100, STEPS)
    assert shown > 40
    assert children > 4


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_with_moderation_on_no_picture_is_shown_unapproved_in_ten_thousand_evenings() -> None:
    shown, children = play(SEQUENCES, STEPS)
    assert shown > 4_000
    assert children > 700
