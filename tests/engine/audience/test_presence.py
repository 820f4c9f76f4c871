"""Whether a worker is there: by its own word in the database, and in words on both pages."""

import time

from sqlalchemy import func, select
from tests.engine.audience.evenings import Guests
from tests.engine.audience.served import Served

from likeness.audience.presence import COUNTS_S, Presence, WorkerPresence, find_presence
from likeness.audience.tables import WorkerHere

PATIENCE_S = 20.0


def wait_for(guests: Guests, wanted: Presence) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while presence(guests) is not wanted:
        assert time.monotonic() < deadline, presence(guests)
        time.sleep(0.01)


def presence(guests: Guests) -> Presence:
    with guests.database.reading() as session:
        return find_presence(session, guests.clock())


def test_a_worker_opens_is_ready_and_goes_and_one_that_was_killed_is_missed(on_both: Guests) -> None:
    assert presence(on_both) is Presence.ABSENT
    first, second = (WorkerPresence(on_both.database, on_both.clock) for _ in range(2))
    first.start()
    wait_for(on_both, Presence.OPENING)
    first.say_ready()
    assert presence(on_both) is Presence.READY
    second.start()
    first.close()
    wait_for(on_both, Presence.OPENING)
    second.close()
    assert presence(on_both) is Presence.ABSENT
    with on_both.database.writing() as session:
        session.add(WorkerHere(token="0" * 32, ready=True, seen_at=on_both.clock()))
    assert presence(on_both) is Presence.READY
    on_both.clock.now += COUNTS_S + 1
    assert presence(on_both) is Presence.ABSENT
    # And its row does not stay for ever.
    first = WorkerPresence(on_both.database, on_both.clock)
    first.start()
    wait_for(on_both, Presence.OPENING)
    with on_both.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(WorkerHere)) == 1
    first.close()


def test_both_pages_say_in_words_that_no_worker_is_there_or_that_it_opens(served: Served) -> None:
    operator, phone = served.operator(), served.phone()
    key, number = served.come()
    assert "Start <code>likeness audience work</code>" in operator.ask("/operator").text
    assert "one photo waits to be checked" in operator.ask("/operator").text
    assert "is not there at this moment" in phone.ask(f"/v/{key}/status").text
    worker = WorkerPresence(served.evening.database, served.clock)
    worker.start()
    wait_for(served.guests, Presence.OPENING)
    assert "opening its weights" in operator.ask("/operator/grid").text
    assert "is being switched on" in phone.ask(f"/v/{key}/status").text
    worker.say_ready()
    for page in (operator.ask("/operator/grid").text, phone.ask(f"/v/{key}/status").text):
        assert "worker" not in page
        assert "machine" not in page
    worker.close()
    # Who waits for the operator waits for no worker.
    served.work()
    assert "is not there at this moment" not in phone.ask(f"/v/{key}/status").text
    served.approve(number)
    assert "is not there at this moment" in phone.ask(f"/v/{key}/status").text
