"""Work and the stage under a lease: one worker at a time, taken over from the dead, never without an approval."""

from tests.engine.audience.evenings import Guests

from likeness.audience import claims, moderation
from likeness.audience.claims import LEASE_S, MOST_ATTEMPTS, Claim, Task
from likeness.audience.night import NightPlan
from likeness.audience.states import Reason, State


def claim(guests: Guests) -> Claim | None:
    with guests.database.writing() as session:
        return claims.claim_work(session, guests.clock())


def check(guests: Guests, reason: Reason | None = None) -> int:
    taken = claim(guests)
    assert taken is not None
    assert taken.task is Task.CHECK
    with guests.database.writing() as session:
        assert claims.finish_check(session, taken, reason, guests.clock())
    return taken.number


def approve(guests: Guests, *numbers: int) -> None:
    with guests.database.writing() as session:
        assert moderation.approve(session, numbers, guests.clock()) == list(numbers)


def finish(guests: Guests, taken: Claim) -> bool:
    with guests.database.writing() as session:
        return claims.finish_films(session, taken, [("smile.mp4", "results/a.mp4")], "a", "b", guests.clock())


def test_a_visitor_is_checked_approved_filmed_and_done(guests: Guests) -> None:
    number = guests.come()
    assert guests.state(number) is State.RECEIVED
    taken = claim(guests)
    assert taken == Claim(Task.CHECK, number, taken.token if taken else "", "photos/x.jpg")
    assert guests.state(number) is State.CHECKING
    with guests.database.writing() as session:
        assert claims.finish_check(session, taken, None, guests.clock())
    assert guests.state(number) is State.WAITING
    assert claim(guests) is None
    approve(guests, number)
    assert guests.state(number) is State.QUEUED
    films = claim(guests)
    assert films is not None
    assert films.task is Task.FILMS
    assert finish(guests, films)
    assert guests.state(number) is State.DONE
    assert claim(guests) is None


def test_two_workers_never_have_one_visitor(guests: Guests) -> None:
    numbers = [guests.come() for _ in range(4)]
    taken = [claim(guests) for _ in range(5)]
    assert [each.number if each else None for each in taken] == [*numbers, None]


def test_a_worker_that_stops_renewing_loses_the_visitor_to_another(guests: Guests) -> None:
    number = guests.come()
    dead = claim(guests)
    assert dead is not None
    guests.clock.now += LEASE_S / 2
    with guests.database.writing() as session:
        assert claims.renew(session, dead, guests.clock())
    guests.clock.now += LEASE_S - 1
    assert claim(guests) is None
    guests.clock.now += 2
    alive = claim(guests)
    assert alive is not None
    assert alive.number == number
    with guests.database.writing() as session:
        assert not claims.renew(session, dead, guests.clock())
        assert not claims.finish_check(session, dead, Reason.NO_FACE, guests.clock())
        assert claims.finish_check(session, alive, None, guests.clock())
    assert guests.state(number) is State.WAITING


def test_a_photo_at_which_workers_die_is_refused_in_the_end(guests: Guests) -> None:
    number = guests.come()
    for _ in range(MOST_ATTEMPTS):
        assert claim(guests) is not None
        guests.clock.now += LEASE_S + 1
    assert claim(guests) is None
    assert guests.state(number) is State.REFUSED


def test_films_of_somebody_refused_meanwhile_count_for_nothing(guests: Guests) -> None:
    number = check_and_approve(guests)
    films = claim(guests)
    assert films is not None
    with guests.database.writing() as session:
        assert moderation.refuse(session, [number], guests.clock()) == [number]
        assert not claims.renew(session, films, guests.clock())
    assert not finish(guests, films)
    assert guests.state(number) is State.REFUSED


def check_and_approve(guests: Guests) -> int:
    guests.come()
    number = check(guests)
    approve(guests, number)
    return number


def test_without_moderation_the_check_alone_lets_a_visitor_in(guests: Guests) -> None:
    guests.begin(NightPlan(moderation=False))
    guests.come()
    number = check(guests)
    assert guests.state(number) is State.QUEUED
    assert claim(guests) is not None


def test_moderation_that_is_switched_on_calls_the_unapproved_back(guests: Guests) -> None:
    guests.begin(NightPlan(moderation=False))
    guests.come()
    number = check(guests)
    films = claim(guests)
    assert films is not None
    with guests.database.writing() as session:
        assert moderation.switch_moderation(session, True, guests.clock()) == [number]
    assert not finish(guests, films)
    approve(guests, number)
    again = claim(guests)
    assert again is not None
    assert finish(guests, again)
    assert guests.state(number) is State.DONE


def test_the_stage_takes_who_agreed_to_it_and_hurried_ones_first(guests: Guests) -> None:
    guests.begin(NightPlan(stage=True))
    guests.come(kinds=["compare"])
    guests.come()
    guests.come()
    shy, first, second = (check(guests) for _ in range(3))
    with guests.database.writing() as session:
        moderation.approve(session, [shy, first, second], guests.clock())
        assert not moderation.hurry(session, shy, guests.clock())
        assert moderation.hurry(session, second, guests.clock())
        taken = [claims.take_for_stage(session, guests.clock()) for _ in range(3)]
    assert [each.number if each else None for each in taken] == [second, first, None]


def test_with_a_stage_a_visitor_is_done_after_both_films_and_turn(guests: Guests) -> None:
    guests.begin(NightPlan(stage=True))
    number = check_and_approve(guests)
    films = claim(guests)
    assert films is not None
    assert finish(guests, films)
    assert guests.state(number) is State.QUEUED
    with guests.database.writing() as session:
        turn = claims.take_for_stage(session, guests.clock())
        assert turn is not None
        assert claims.keep_on_stage(session, turn, guests.clock())
    assert guests.state(number) is State.ON_STAGE
    with guests.database.writing() as session:
        assert claims.leave_stage(session, turn, guests.clock())
    assert guests.state(number) is State.DONE


def test_a_stage_that_dies_gives_the_visitor_to_the_next(guests: Guests) -> None:
    guests.begin(NightPlan(stage=True))
    number = check_and_approve(guests)
    with guests.database.writing() as session:
        dead = claims.take_for_stage(session, guests.clock())
        guests.clock.now += LEASE_S + 1
        alive = claims.take_for_stage(session, guests.clock())
        assert dead is not None
        assert alive is not None
        assert alive.number == number
        assert not claims.leave_stage(session, dead, guests.clock())
        assert claims.leave_stage(session, alive, guests.clock())
