"""News of open pages: server-sent events by HTTP."""

import http.client
from collections.abc import Iterator

import pytest
from tests.engine.audience.served import Served

from likeness.audience.states import State


@pytest.fixture
def events(served: Served) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    yield connection
    connection.close()


def test_a_page_is_told_of_each_change_and_of_the_end(served: Served, events: http.client.HTTPConnection) -> None:
    key, number = served.come()
    events.request("GET", f"/v/{key}/events")
    answer = events.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")

    def next_event() -> str:
        while not (line := answer.readline()).startswith(b"event:"):
            assert line
        return line.split()[1].decode()

    assert next_event() == "changed"
    served.work()
    assert next_event() == "changed"
    served.approve(number)
    assert next_event() == "changed"
    assert "your films are being made" in served.phone().ask(f"/v/{key}/status").text
    served.evening.deletion.delete_visitor(number, 0.0)
    assert next_event() == "gone"
    assert answer.read() == b"data:\n\n"
    answer.close()
    assert served.guests.state(number) is State.DELETED
