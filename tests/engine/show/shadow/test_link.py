"""Link to a leader: whom one may follow, and when it is silent."""

import json
import socket
import time
from collections.abc import Callable

import pytest
from tests.engine.show.shadow.shadow_rig import serve

from likeness.errors import InputError
from likeness.show.clock import Tick
from likeness.show.shadow.following import Following
from likeness.show.shadow.link import NobodyLeads, open_link, parse_leader
from likeness.show.shadow.messages import FORMAT, Greeting, LedFrame, encode_frame, encode_greeting, encode_take
from likeness.web.codes import make_codes
from likeness.web.server import WebServer
from likeness.web.take_socket import Sendable

GREETING = encode_greeting(Greeting("1.0", "one", 5.0))


class Led:
    """A show that greets with `greeting` and plays what a test offers."""

    def __init__(self, greeting: str = GREETING) -> None:
        self.greeting = greeting
        self.offer: Callable[[Sendable | None], None] = lambda message: None

    def greet(self) -> str:
        return self.greeting

    def join(self, offer: Callable[[Sendable | None], None], word: str) -> Callable[[bool], None]:
        self.offer = offer
        offer(lambda: encode_take({}, {}))
        return lambda parted: None


def address(server: WebServer) -> str:
    return f"ws://127.0.0.1:{server.port}/take"


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("stage.local", "ws://stage.local:9001/take"),
        ("10.0.0.5:9002", "ws://10.0.0.5:9002/take"),
        ("http://10.0.0.5:9001/?code=ABCD2345", "ws://10.0.0.5:9001/take?code=ABCD2345"),
        ("[::1]:9003", "ws://[::1]:9003/take"),
    ],
)
def test_a_machine_is_named_as_people_name_it(text: str, parsed: str) -> None:
    assert parse_leader(text) == parsed


@pytest.mark.parametrize(
    "text", ["http://", "ftp://10.0.0.5", "10.0.0.5:99999", "a b", "10.0.0.5:x", "u:p@10.0.0.5", "[::1", "-1x ", "0.5"]
)
def test_what_names_no_machine_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--shadow"):
        parse_leader(text)


def test_nobody_who_answers_is_somebody_to_wait_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NobodyLeads, match="does not answer"):
        open_link(f"ws://127.0.0.1:{port}/take")


@pytest.mark.parametrize(
    ("greeting", "kind", "words"),
    [
        (encode_greeting(Greeting("1.0", "one", None)), NobodyLeads, "itself follows"),
        (json.dumps({"likeness_shadow": FORMAT + 1, "version": "9.9"}), InputError, "likeness 9.9.*the same on both"),
        ('{"hello": 1}', InputError, "no message of a show"),
        ("[" * 5000, InputError, "no message of a show"),
        (b"F", InputError, "no message of a show"),
    ],
)
def test_a_show_that_cannot_be_followed_says_why(greeting: str, kind: type[InputError], words: str) -> None:
    server = serve(Led(greeting))
    try:
        with pytest.raises(kind, match=words):
            open_link(address(server))
    finally:
        server.close()


def test_from_another_machine_a_show_is_followed_with_the_code_of_its_desk_alone() -> None:
    codes = make_codes()
    server = serve(Led(), lambda: codes, host="0.0.0.0")  # noqa: S104 - as for other machines; a name is asked for
    # By its name this machine counts as another one.
    url = f"ws://{socket.gethostname()}:{server.port}/take"
    try:
        for code, words in (("", "asks for its code"), (codes.view.code, "takes the code of its desk")):
            with pytest.raises(InputError, match=words):
                open_link(url + (f"?code={code}" if code else ""))
        open_link(f"{url}?code={codes.desk.code}").close()
    finally:
        server.close()


def test_a_leader_that_hangs_is_left_after_two_frames_and_the_grace() -> None:
    led = Led()
    server = serve(led)
    following = Following(open_link(address(server)), grace_s=0.05)
    alone: list[float] = []
    following.on_alone = lambda: alone.append(time.perf_counter())
    clock = following.make_clock(50.0, offline=False)
    try:
        led.offer(encode_frame(LedFrame(Tick(7, 0.02, 1.0), 50.0, 2.0, 120.0)))
        assert (clock.tick().index, alone) == (7, [])
        heard = following.link.received_at
        assert heard is not None
        # The connection is still there.
        assert clock.tick().index == 8
        assert alone[0] - heard >= 2 / 50.0 + 0.05
        assert not following.link.ended
        # The show goes on at the time at which the leader would be.
        assert clock.at == pytest.approx(1.0 + alone[0] - heard, abs=0.5)
    finally:
        following.close()
        server.close()


def test_frames_that_have_piled_up_are_played_at_once() -> None:
    led = Led()
    server = serve(led)
    following = Following(open_link(address(server)), grace_s=5.0)
    clock = following.make_clock(50.0, offline=False)
    try:
        for index in range(10):
            led.offer(encode_frame(LedFrame(Tick(index, 0.02, index * 0.02), 50.0, 0.0, 120.0)))
        deadline = time.monotonic() + 20.0
        while following.link.waiting < 10:
            assert time.monotonic() < deadline
        tick = clock.tick()
        assert tick.index == 8
        assert tick.dt == pytest.approx(9 * 0.02)
        assert clock.tick().index == 9
    finally:
        following.close()
        server.close()
