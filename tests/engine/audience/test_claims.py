"""Work and the stage under a lease: one worker at a time, taken over from the dead, never without an approval."""

import threading

from tests.engine.audience.evenings import Guests

from likeness.audience import claims, moderation
from likeness.audience.claim import LEASE_S, MOST_ATTEMPTS, Claim, Task
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


def test_a_visitor_is_checked_approved_filmed_and_done(on_both: Guests) -> None:
    number = on_both.come()
    assert on_both.state(number) is State.RECEIVED
    taken = claim(on_both)
    assert taken == Claim(Task.CHECK, number, taken.token if taken else "", "photos/x.jpg")
    assert on_both.state(number) is State.CHECKING
    with on_both.database.writing() as session:
        assert claims.finish_check(session, taken, None, on_both.clock())
    assert on_both.state(number) is State.WAITING
    assert claim(on_both) is None
    approve(on_both, number)
    assert on_both.state(number) is State.QUEUED
    films = claim(on_both)
    assert films is not None
    assert films.task is Task.FILMS
    assert finish(on_both, films)
    assert on_both.state(number) is State.DONE
    assert claim(on_both) is None


def test_two_workers_never_have_one_visitor(on_both: Guests) -> None:
    numbers = [on_both.come() for _ in range(4)]
    taken = [claim(on_both) for _ in range(5)]
    assert [each.number if each else None for each in taken] == [*numbers, None]


def test_a_worker_that_stops_renewing_loses_the_visitor_to_another(on_both: Guests) -> None:
    number = on_both.come()
    dead = claim(on_both)
    assert dead is not None
    on_both.clock.now += LEASE_S / 2
    with on_both.database.writing() as session:
        assert claims.renew(session, dead, on_both.clock())
    on_both.clock.now += LEASE_S - 1
    assert claim(on_both) is None
    on_both.clock.now += 2
    alive = claim(on_both)
    assert alive is not None
    assert alive.number == number
    with on_both.database.writing() as session:
        assert not claims.renew(session, dead, on_both.clock())
        assert not claims.finish_check(session, dead, Reason.NO_FACE, on_both.clock())
        assert claims.finish_check(session, alive, None, on_both.clock())
    assert on_both.state(number) is State.WAITING


def test_a_photo_at_which_workers_die_is_refused_in_the_end(on_both: Guests) -> None:
    number = on_both.come()
    for _ in range(MOST_ATTEMPTS):
        assert claim(on_both) is not None
        on_both.clock.now += LEASE_S + 1
    assert claim(on_both) is None
    assert on_both.state(number) is State.REFUSED


def test_films_of_somebody_refused_meanwhile_count_for_nothing(on_both: Guests) -> None:
    number = check_and_approve(on_both)
    films = claim(on_both)
    assert films is not None
    with on_both.database.writing() as session:
        assert moderation.refuse(session, [number], on_both.clock()) == [number]
        assert not claims.renew(session, films, on_both.clock())
    assert not finish(on_both, films)
    assert on_both.state(number) is State.REFUSED


def check_and_approve(guests: Guests) -> int:
    guests.come()
    number = check(guests)
    approve(guests, number)
    return number


def test_without_moderation_the_check_alone_lets_a_visitor_in(on_both: Guests) -> None:
    on_both.begin(NightPlan(moderation=False))
    on_both.come()
    number = check(on_both)
    assert on_both.state(number) is State.QUEUED
    assert claim(on_both) is not None


def test_moderation_that_is_switched_on_calls_the_unapproved_back(on_both: Guests) -> None:
    on_both.begin(NightPlan(moderation=False))
    on_both.come()
    number = check(on_both)
    films = claim(on_both)
    assert films is not None
    with on_both.database.writing() as session:
        assert moderation.switch_moderation(session, True, on_both.clock()) == [number]
    assert not finish(on_both, films)
    approve(on_both, number)
    again = claim(on_both)
    assert again is not None
    assert finish(on_both, again)
    assert on_both.state(number) is State.DONE


def test_the_stage_takes_who_agreed_to_it_and_hurried_ones_first(on_both: Guests) -> None:
    on_both.begin(NightPlan(stage=True))
    on_both.come(kinds=["compare"])
    on_both.come()
    on_both.come()
    shy, first, second = (check(on_both) for _ in range(3))
    with on_both.database.writing() as session:
        moderation.approve(session, [shy, first, second], on_both.clock())
        assert not moderation.hurry(session, shy, on_both.clock())
        assert moderation.hurry(session, second, on_both.clock())
        assert claims.count_for_stage(session) == (2, True)
        taken = [claims.take_for_stage(session, on_both.clock()) for _ in range(3)]
        assert claims.count_for_stage(session) == (0, False)
    assert [each.number if each else None for each in taken] == [second, first, None]


def test_with_a_stage_a_visitor_is_done_after_both_films_and_turn(on_both: Guests) -> None:
    on_both.begin(NightPlan(stage=True))
    number = check_and_approve(on_both)
    films = claim(on_both)
    assert films is not None
    assert finish(on_both, films)
    assert on_both.state(number) is State.QUEUED
    with on_both.database.writing() as session:
        turn = claims.take_for_stage(session, on_both.clock())
        assert turn is not None
        assert claims.keep_on_stage(session, turn, on_both.clock())
    assert on_both.state(number) is State.ON_STAGE
    with on_both.database.writing() as session:
        assert claims.leave_stage(session, turn, on_both.clock())
    assert on_both.state(number) is State.DONE


def test_a_stage_that_dies_gives_the_visitor_to_the_next(on_both: Guests) -> None:
    on_both.begin(NightPlan(stage=True))
    number = check_and_approve(on_both)
    with on_both.database.writing() as session:
        dead = claims.take_for_stage(session, on_both.clock())
        on_both.clock.now += LEASE_S + 1
        alive = claims.take_for_stage(session, on_both.clock())
        assert dead is not None
        assert alive is not None
        assert alive.number == number
        assert not claims.leave_stage(session, dead, on_both.clock())
        assert claims.leave_stage(session, alive, on_both.clock())


def test_who_leaves_the_stage_before_they_were_shown_comes_again(on_both: Guests) -> None:
    on_both.begin(NightPlan(stage=True))
    number = check_and_approve(on_both)
    for shown in (False, True):
        with on_both.database.writing() as session:
            turn = claims.take_for_stage(session, on_both.clock())
            assert turn is not None
            assert turn.number == number
            assert claims.leave_stage(session, turn, on_both.clock(), shown=shown)
    with on_both.database.writing() as session:
        assert claims.take_for_stage(session, on_both.clock()) is None


def test_many_workers_at_once_take_each_visitor_once(on_both: Guests) -> None:
    numbers = {on_both.come() for _ in range(24)}
    taken: list[int] = []

    def work() -> None:
        while (claimed := claim(on_both)) is not None:
            taken.append(claimed.number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(numbers)
