"""News of open pages: server-sent events by HTTP."""

import http.client

from tests.engine.audience.served import Served

from likeness.audience.states import State


class Page:
    """An open page that listens."""

    def __init__(self, served: Served, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        self._connection.request("GET", f"/v/{key}/events")
        self.answer = self._connection.getresponse()

    def next(self) -> str:
        while not (line := self.answer.readline()).startswith(b"event:"):
            assert line, "the server has hung up"
        return line.split()[1].decode()

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


def test_a_page_is_told_of_each_change_and_of_the_end(served: Served) -> None:
    key, number = served.come()
    page = Page(served, key)
    assert page.answer.headers["Content-Type"].startswith("text/event-stream")
    assert page.next() == "changed"
    served.work()
    assert page.next() == "changed"
    served.approve(number)
    assert page.next() == "changed"
    assert "your films are being made" in served.phone().ask(f"/v/{key}/status").text
    served.evening.deletion.delete_visitor(number, 0.0)
    assert page.next() == "gone"
    assert page.answer.read() == b"data:\n\n"
    page.close()
    assert served.guests.state(number) is State.DELETED


def test_who_comes_while_others_listen_is_there_at_once_and_the_others_miss_nothing(served: Served) -> None:
    first = Page(served, served.come()[0])
    assert first.next() == "changed"
    for _ in range(3):
        late = Page(served, served.come()[0])
        assert late.next() == "changed"
        late.close()
    served.work()
    assert first.next() == "changed"
    first.close()
