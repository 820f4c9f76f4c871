"""What a guard tells monitors, over HTTP too."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from likeness.errors import InputError
from likeness.tools.guard.health_server import serving_health
from likeness.tools.guard.report import DAY_S, GuardReport


class Rig:
    def __init__(self) -> None:
        self.at = 0.0
        self.report = GuardReport(lambda: self.at)

    @property
    def told(self) -> tuple[bool, str, list[str]]:
        well, text = self.report.answer()
        said = json.loads(text)
        return well, said["state"], [reason["text"] for reason in said["reasons"]]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_show_that_plays_says_itself_how_it_is(rig: Rig) -> None:
    rig.report.note("playing", "show")
    assert rig.told == (True, "ok", [])
    rig.report.note_health('{"state": "error", "reasons": [{"level": "error", "what": "rate", "text": "slow"}]}')
    assert rig.told == (False, "error", ["slow"])
    rig.report.note_health("nonsense")
    assert rig.told == (True, "ok", [])


def test_what_was_started_again_is_told_for_a_day(rig: Rig) -> None:
    rig.report.note_death("it ended with status -9")
    rig.report.note("starting", "show")
    assert rig.told == (False, "starting", ["it is being started again: it ended with status -9"])
    rig.report.note("playing", "show")
    assert rig.told == (
        True,
        "warning",
        ["it was started again 1 times in the last day: it ended with status -9"],
    )
    rig.at += DAY_S + 1.0
    assert rig.told == (True, "ok", [])


def test_a_simple_show_and_a_still_picture_need_somebody(rig: Rig) -> None:
    rig.report.note("playing", "fallback")
    assert rig.told == (False, "error", ["the fallback plays instead of the show"])
    rig.report.note("starting", "still")
    assert rig.told == (False, "error", ["nothing plays, a still picture is shown"])


def test_the_dark_of_the_schedule_needs_nobody(rig: Rig) -> None:
    rig.report.note_death("it ended")
    rig.report.note("dark", "show")
    assert rig.told == (True, "dark", [])


def test_each_day_is_summed_up_in_a_line(rig: Rig) -> None:
    assert rig.report.pop_summary() == ""
    rig.at += DAY_S
    assert rig.report.pop_summary() == "the last day: it played on, and was never started again"
    rig.at += DAY_S / 2
    rig.report.note_death("it ended with status -9")
    rig.report.note_gap(4.2)
    rig.at += DAY_S / 2
    assert rig.report.pop_summary() == (
        "the last day: started again 1 times, longest without pictures 4.2 s; it ended with status -9"
    )
    assert rig.report.pop_summary() == ""


@pytest.fixture
def port(rig: Rig) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    with serving_health(number, rig.report.answer) as found:
        yield found


def ask(port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_a_monitor_is_answered_while_the_show_is_dead(rig: Rig, port: int) -> None:
    rig.report.note("playing", "show")
    assert ask(port, "GET", "/health", {}) == (200, b'{"state": "ok", "reasons": []}')
    rig.report.note("starting", "show")
    assert ask(port, "GET", "/health?x=1", {})[0] == 503
    assert ask(port, "HEAD", "/health", {}) == (503, b"")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 404),
        ("POST", "/health", {}, 501),
        ("GET", "/health", {"Host": "evil.example"}, 403),
        ("GET", "/health", {"Origin": "http://evil.example"}, 403),
    ],
)
def test_what_the_desk_refuses_is_refused(
    rig: Rig, port: int, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert ask(port, method, path, headers)[0] == status


def test_a_port_that_is_taken_is_refused_in_a_line(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(InputError, match="cannot be opened"), serving_health(number, rig.report.answer):
            pass
