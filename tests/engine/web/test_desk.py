"""The desk over real sockets: pages play the store, hear of each other, and cannot hurt the show."""

import socket
import time
from collections.abc import Callable

import pytest
from tests.engine.web.conftest import Page, Rig
from websockets.exceptions import ConnectionClosed, InvalidStatus

from likeness.errors import CueError
from likeness.parameters.store import ParamStore
from likeness.web.describe import ParamsDescription, read_moved, read_targets
from likeness.web.stream import TimedConnection
from likeness.web.topics import Keyed, Whole

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def playing(rig: Rig, store: ParamStore) -> Rig:
    """Return a rig whose pages are told of the parameters."""
    rig.topics += [
        Whole("params", ParamsDescription(store, lambda: ("walk",)).read),
        Keyed("values", lambda: read_targets(store)),
        Keyed("shown", lambda: read_moved(store, store.params)),
    ]
    rig.start()
    return rig


def advance_until(store: ParamStore, address: str, value: object) -> None:
    deadline = time.monotonic() + 20.0
    while store.target(address) != value:
        store.advance(0.01)
        assert time.monotonic() < deadline


def test_a_page_is_told_everything_when_it_comes_and_changes_after_that(playing: Rig, store: ParamStore) -> None:
    with playing.page() as page:
        assert page.hear("hello") == {"title": "a test", "role": "desk", "client": "desk 1"}
        owners = page.hear("params")
        assert [owner["owner"] for owner in owners] == ["master", "walk"]
        speed = owners[1]["params"][0]
        assert (speed["address"], speed["kind"], speed["max"], speed["unit"]) == ("walk.speed", "float", 10.0, "Hz")
        assert page.hear("values")["walk.speed"] == 0.5
        store.set("walk.speed", 2.0)
        store.advance(0.0)
        assert page.hear("values") == {"walk.speed": 2.0}


def test_what_a_page_sends_goes_the_way_of_osc(playing: Rig, store: ParamStore) -> None:
    recalled: list[tuple[object, ...]] = []
    playing.commands["/cue/recall"] = lambda *args: recalled.append(args)
    playing.questions["/rack/list"] = lambda reply: reply("/rack/list", "walk", 1)
    with playing.page() as page:
        page.send(["/walk/speed", 3.0], ["/norm/walk/depth", 0.25], ["/cue/recall", 5, 2, "bars"], ["/rack/list"])
        assert page.hear("answer") == ["/rack/list", "walk", 1]
        advance_until(store, "walk.depth", 0.25)
        assert store.target("walk.speed") == 3.0
        assert recalled == [(5, 2, "bars")]


def test_what_is_refused_is_told_in_words(playing: Rig) -> None:
    def refuse(name: object) -> None:
        raise CueError("no cue '9' is stored")

    playing.commands["/cue/recall"] = refuse
    with playing.page() as page:
        page.send(["/cue/recall", 9])
        assert page.hear("error") == ["/cue/recall", "no cue '9' is stored"]
        page.send(["/walk/sped", 1])
        assert "/walk/speed" in page.hear("error")[1]
        page.send(["/walk/speed", "fast"])
        assert "a number from 0 to 10" in page.hear("error")[1]
        page.send(["/cue/recall", 1, 2, 3])
        assert page.hear("error")[0] == "/cue/recall"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "7", "[7]", "[[]]", "[[7]]", '[["walk"]]', '[["/walk/speed", [1]]]', '[["/walk/speed", {"a": 1}]]'),
        *("[" * 5000, '[["/walk/speed", NaN]]', '[["/walk/speed", 1e999]]', '[["/walk/speed", ' + "9" * 5000 + "]]"),
        b"\x00\xff",
    ],
)
def test_nonsense_from_a_page_is_refused_and_the_page_plays_on(playing: Rig, text: str | bytes) -> None:
    with playing.page() as page:
        page.connection.send(text)
        assert page.hear("error")
        page.send(["/desk/ping", 3])
        assert page.hear("pong") == 3


def test_a_page_that_may_look_sets_nothing(playing: Rig, store: ParamStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.web.server.WebServer._admit_socket", _admit_viewer)
    with playing.page() as page:
        assert page.hear("hello")["role"] == "view"
        page.send(["/walk/speed", 9.0], ["/desk/hold", "walk.speed", 1])
        assert "look and not play" in page.hear("error")[1]
    store.advance(0.0)
    assert store.target("walk.speed") == 0.5


def _admit_viewer(self: object, path: str, role: str, connection: TimedConnection) -> None:
    connection.role = "view"


def test_a_locked_stage_is_told_and_refuses_the_pages_of_others(playing: Rig) -> None:
    with playing.page() as page:
        assert playing.desk is not None
        playing.desk.lock.holder = "10.0.0.7"
        assert page.hear("lock", lambda holder: holder is not None) == "10.0.0.7"
        page.send(["/walk/speed", 9.0])
        assert "locked by 10.0.0.7" in page.hear("error")[1]
        playing.desk.lock.holder = "127.0.0.1"
        page.send(["/walk/sped", 9.0])
        assert "locked" not in page.hear("error")[1]


def test_the_preview_of_a_page_goes_on_while_another_has_the_stage(playing: Rig) -> None:
    with playing.page() as page:
        assert playing.desk is not None
        playing.desk.lock.holder = "10.0.0.7"
        page.send(["/walk/speed", 9.0], ["/desk/ping", 4], ["/desk/preview", 64, 30])
        assert "locked by 10.0.0.7" in page.hear("error")[1]
        assert page.hear("pong") == 4
        _hear_picture(page)


def test_a_control_under_another_finger_is_told_and_let_go_with_its_page(playing: Rig) -> None:
    with playing.page() as first:
        first.hear("hello")
        with playing.page() as second:
            assert second.hear("clients", lambda clients: clients["desk"] == 2)
            second.send(["/desk/hold", "walk.speed", 1], ["/desk/hold", "made.up", 1])
            assert first.hear("held") == {"walk.speed": "desk 2"}
        assert first.hear("held") == {"walk.speed": None}


def test_a_control_belongs_to_the_finger_that_took_it_last(playing: Rig) -> None:
    with playing.page() as first, playing.page() as second:
        assert second.hear("clients", lambda clients: clients["desk"] == 2)
        first.send(["/desk/hold", "walk.speed", 1])
        (holder,) = second.hear("held").values()
        second.send(["/desk/hold", "walk.speed", 1])
        assert second.hear("held") == {"walk.speed": None}
        (taker,) = first.hear("held").values()
        assert {holder, taker} == {"desk 1", "desk 2"}


def test_a_picture_is_sent_when_the_one_before_was_acknowledged(playing: Rig) -> None:
    with playing.page() as page:
        page.send(["/desk/preview", 64, 30])
        _hear_picture(page)
        first = int.from_bytes(page.pictures[0][:4], "big")
        assert page.pictures[0][4:6] == b"\xff\xd8"
        playing.picture = playing.picture.copy() + 100
        page.send(["/desk/ping", 1])
        page.hear("pong")
        assert len(page.pictures) == 1
        page.send(["/desk/shown", first])
        _hear_picture(page)
        assert int.from_bytes(page.pictures[1][:4], "big") > first


def _hear_picture(page: Page) -> None:
    count = len(page.pictures)
    while len(page.pictures) == count:
        message = page.connection.recv(timeout=20.0)
        if isinstance(message, bytes):
            page.pictures.append(message)


def test_a_flood_is_refused_and_costs_the_page_alone(playing: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.web.client.MESSAGES_PER_S", 10.0)
    with playing.page() as page:
        for _ in range(3):
            page.send(*[["/walk/depth", 0.5]] * 20)
        assert "messages a second" in page.hear("error")[1]
    with playing.page() as page:
        page.send(["/desk/ping", 3])
        assert page.hear("pong") == 3


def test_pages_that_stop_reading_hold_nobody_up(rig: Rig) -> None:
    turn = [0]
    rig.topics.append(Whole("large", lambda: f"{turn[0]:06}" * 50_000))
    rig.start()
    with rig.page(max_queue=1) as asleep, rig.page() as awake:
        # Some megabytes: its socket's buffers fill, and then it is sent nothing.
        for turn[0] in range(1, 30):
            awake.hear("large", lambda text: text.startswith(f"{turn[0]:06}"))
        awake.send(["/desk/ping", 1])
        assert awake.hear("pong") == 1
        assert asleep.hear("large", lambda text: text.startswith("000029"))


def test_there_is_an_end_to_pages(playing: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.web.desk.MOST_CLIENTS", 1)
    with playing.page() as first:
        first.hear("hello")
        with pytest.raises(InvalidStatus, match="503"), playing.page():
            pass


def test_a_page_that_sends_too_much_at_once_is_closed(playing: Rig) -> None:
    with playing.page() as page:
        page.connection.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            page.hear("nothing")


def test_nothing_is_read_while_nobody_looks(rig: Rig, until: Until) -> None:
    reads: list[int] = []
    rig.topics.append(Whole("counted", lambda: reads.append(1) or len(reads)))
    rig.start()
    with rig.page() as page:
        page.hear("counted", lambda count: count > 2)
    assert rig.desk is not None
    desk = rig.desk
    until(lambda: desk._ticks is None)
    before = len(reads)
    with socket.create_connection(("127.0.0.1", rig.server.port)):
        assert len(reads) == before
