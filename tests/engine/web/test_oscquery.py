"""OSCQuery over real sockets: HTTP by the standard library, WebSockets and zeroconf by other processes' means."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pythonosc.osc_message import OscMessage
from tests.engine.web.conftest import Rig
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from zeroconf import IPVersion, ServiceBrowser, ServiceListener, Zeroconf

from likeness.parameters.store import ParamStore
from likeness.web import oscquery as module
from likeness.web.server import WebServer
from likeness.web.zeroconf_announce import SERVICE, ZeroconfAnnouncement

DEADLINE_S = 20.0
Until = Callable[[Callable[[], bool]], None]


def get(server: WebServer, path: str) -> tuple[int, object]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if body:
            assert response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(body) if body else None
    finally:
        connection.close()


def test_the_tree_its_parts_and_their_attributes(server: WebServer, store: ParamStore) -> None:
    status, tree = get(server, "/")
    assert status == 200
    assert isinstance(tree, dict)
    assert list(tree["CONTENTS"]) == ["walk", "master"]
    store.set("walk.speed", 2.5)
    store.advance(0.0)
    _, speed = get(server, "/walk/speed")
    assert isinstance(speed, dict)
    assert {name: speed[name] for name in ("FULL_PATH", "TYPE", "VALUE", "RANGE", "ACCESS")} == {
        "FULL_PATH": "/walk/speed",
        "TYPE": "f",
        "VALUE": [2.5],
        "RANGE": [{"MIN": 0.0, "MAX": 10.0}],
        "ACCESS": 3,
    }
    assert get(server, "/walk/speed?VALUE") == (200, {"VALUE": [2.5]})
    assert get(server, "/walk/mode?RANGE") == (200, {"RANGE": [{"VALS": ["slow", "fast", "wild"]}]})


@pytest.mark.parametrize(
    ("path", "status"),
    [("/walk/sped", 404), ("/walk/speed/x", 404), ("/walk/jump?VALUE", 204), ("/walk/speed?COLOUR", 400)],
)
def test_what_there_is_not_is_answered_with_the_proposals_codes(server: WebServer, path: str, status: int) -> None:
    assert get(server, path) == (status, None)


def test_the_host_says_where_osc_is_heard(server: WebServer) -> None:
    status, info = get(server, "/?HOST_INFO")
    assert status == 200
    assert isinstance(info, dict)
    assert (info["OSC_IP"], info["OSC_PORT"], info["OSC_TRANSPORT"]) == ("127.0.0.1", 9000, "UDP")
    assert info["EXTENSIONS"]["LISTEN"] is True


@contextmanager
def listen(server: WebServer, *paths: str) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{server.port}/", open_timeout=DEADLINE_S) as connection:
        for path in paths:
            connection.send(json.dumps({"COMMAND": "LISTEN", "DATA": path}))
        yield connection


def hear(connection: ClientConnection) -> list[object]:
    message = connection.recv(timeout=DEADLINE_S)
    assert isinstance(message, bytes)
    osc = OscMessage(message)
    return [osc.address, *osc.params]


def test_a_listener_is_told_what_changes_as_osc(server: WebServer, store: ParamStore) -> None:
    with listen(server, "/walk/speed", "/nobody/home") as connection:
        assert hear(connection) == ["/walk/speed", 0.5]
        store.set("walk.seed", 3)
        store.set("walk.speed", 2.0)
        store.advance(0.0)
        assert hear(connection) == ["/walk/speed", 2.0]
        connection.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/walk/on"}))
        assert hear(connection) == ["/walk/on", False]
        connection.send(json.dumps({"COMMAND": "IGNORE", "DATA": "/walk/speed"}))
        connection.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/walk/mode"}))
        assert hear(connection) == ["/walk/mode", "slow"]
        store.set("walk.speed", 9.0)
        store.set("walk.on", True)
        store.advance(0.0)
        assert hear(connection) == ["/walk/on", True]


@pytest.mark.parametrize("nonsense", ["[]", "{", "7", '{"COMMAND": 3}', b"\x00\x01"])
def test_nonsense_from_a_listener_is_passed_over(server: WebServer, nonsense: str | bytes) -> None:
    with listen(server) as connection:
        connection.send(nonsense)
        connection.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/walk/seed"}))
        assert hear(connection) == ["/walk/seed", 0]


def test_there_is_an_end_to_listeners_and_room_when_they_go(
    server: WebServer, rig: Rig, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(module, "MOST_LISTENERS", 1)
    with listen(server, "/walk/seed") as first:
        hear(first)
        with pytest.raises(InvalidStatus), listen(server):
            pass
        assert get(server, "/walk/seed?VALUE") == (200, {"VALUE": [0]})
    until(lambda: not rig.oscquery.full)
    with listen(server, "/walk/seed") as second:
        assert hear(second) == ["/walk/seed", 0]


def test_garbage_on_the_port_leaves_it_answering(server: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    for garbage in (
        b"\x00" * 100,
        b"POST / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"GET /%ff\x80 HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port)) as stranger:
            stranger.settimeout(DEADLINE_S)
            stranger.sendall(garbage)
            # Who says half a request and keeps the line is waited for, ten seconds long.
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(4096):
                pass
    assert get(server, "/walk/seed?VALUE") == (200, {"VALUE": [0]})
    assert not caplog.records


class Listener(ServiceListener):
    """Keeps what is announced."""

    def __init__(self) -> None:
        self.ports: dict[str, int | None] = {}
        self.gone = threading.Event()

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        info = zc.get_service_info(type_, name)
        self.ports[name] = info.port if info else None

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        pass

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        if name.startswith("likeness of the test"):
            self.gone.set()


def test_zeroconf_finds_it_and_is_told_when_it_goes(until: Until) -> None:
    try:
        zeroconf = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    except OSError as error:
        pytest.skip(f"no multicast on the loopback interface here: {error}")
    listener = Listener()
    browser = ServiceBrowser(zeroconf, SERVICE, listener)
    advertisement = ZeroconfAnnouncement("likeness of the test", "127.0.0.1", 12_345)
    try:
        advertisement.start()
        until(lambda: listener.ports.get(f"likeness of the test.{SERVICE}") == 12_345)
        advertisement.close()
        assert listener.gone.wait(DEADLINE_S)
    finally:
        advertisement.close()
        browser.cancel()
        zeroconf.close()
