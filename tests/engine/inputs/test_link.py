"""Ableton Link: two peers of a real session; without aalink one line that names the extra."""

import sys
import time
from collections.abc import Iterator

import pytest

from likeness.errors import InputError
from likeness.inputs.link import LinkSession
from likeness.tempo.transport import Transport

DEADLINE_S = 20.0


@pytest.fixture
def sessions() -> Iterator[list[LinkSession]]:
    pytest.importorskip("aalink", reason="aalink is not installed")
    opened: list[LinkSession] = []
    yield opened
    for session in opened:
        session.close()
        session.close()


def test_two_shows_in_a_session_share_the_bar_and_the_tempo(sessions: list[LinkSession]) -> None:
    sessions += [LinkSession(120.0), LinkSession(131.0)]
    shows = [Transport([session]) for session in sessions]
    tempi = [120.0, 131.0]
    began = time.perf_counter()

    def play() -> None:
        for k, show in enumerate(shows):
            show.advance(time.perf_counter() - began, tempi[k], 4)
            tempi[k] = show.pop_tempo() or tempi[k]

    deadline = time.monotonic() + DEADLINE_S
    while not all(show.leader == "Link" for show in shows):
        if time.monotonic() > deadline:
            pytest.skip("this machine's network carries no multicast")
        play()
    while tempi[0] != tempi[1]:
        play()
        assert time.monotonic() < deadline
    # Whoever turns the tempo turns it for both.
    tempi[1] = 90.0
    while abs(shows[0].moment.tempo - 90.0) > 0.01:
        play()
        assert time.monotonic() < deadline
    assert tempi == [pytest.approx(90.0, abs=0.3)] * 2
    apart = (shows[0].moment.bar - shows[1].moment.bar) % 1
    assert min(apart, 1 - apart) < 0.02


def test_alone_in_a_session_nobody_leads_and_the_tempo_is_ones_own(sessions: list[LinkSession]) -> None:
    sessions.append(LinkSession(120.0))
    if sessions[0].read(0.0, 0.0, 4) is not None:
        pytest.skip("somebody else on this network is in a Link session")
    show = Transport(sessions)
    show.advance(0.0, 120.0)
    assert show.advance(1.0, 99.0).tempo == 99.0
    assert (show.leader, show.pop_tempo()) == ("", None)


def test_without_the_library_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(InputError, match=r"pip install 'likeness-live\[link\]'"):
        LinkSession(120.0)
