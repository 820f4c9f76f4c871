"""What subscribers are told, by a clock that the test turns."""

from pythonosc.osc_message import OscMessage

from likeness.inputs.osc.rate_limit import Sender
from likeness.inputs.osc.subscriptions import MOST_PER_UPDATE, MOST_SUBSCRIBERS, SUBSCRIPTION_S, Args, Subscriptions

ORIGIN = ("10.0.0.1", 5000)


class Post:
    """Keeps what was sent, and holds what there is to say."""

    def __init__(self, count: int = 1) -> None:
        self.said: dict[str, tuple[str, Args]] = {f"/a/{i}": (f"/a/{i}", (0,)) for i in range(count)}
        self.sent: list[tuple[Sender, str, list[object]]] = []
        self.subscriptions = Subscriptions(self.send, lambda: self.said)

    def send(self, datagram: bytes, to: Sender) -> None:
        message = OscMessage(datagram)
        self.sent.append((to, message.address, list(message.params)))

    def turn(self, now: float) -> list[tuple[Sender, str, list[object]]]:
        self.sent.clear()
        self.subscriptions.send_changes(now)
        return list(self.sent)


def test_only_what_changed_is_told_and_once() -> None:
    post = Post(2)
    post.subscriptions.add(ORIGIN, 9001, "/", 0.0)
    to = ("10.0.0.1", 9001)
    assert post.turn(0.0) == [(to, "/a/0", [0]), (to, "/a/1", [0])]
    assert post.turn(0.1) == []
    post.said["/a/1"] = ("/a/1", (5,))
    assert post.turn(0.2) == [(to, "/a/1", [5])]


def test_who_does_not_renew_is_forgotten_and_who_does_is_not_told_all_again() -> None:
    post = Post()
    post.subscriptions.add(ORIGIN, 0, "/", 0.0)
    post.turn(0.0)
    post.subscriptions.add(ORIGIN, 0, "/", SUBSCRIPTION_S - 1)
    post.said["/a/0"] = ("/a/0", (1,))
    assert len(post.turn(SUBSCRIPTION_S + 1)) == 1
    post.said["/a/0"] = ("/a/0", (2,))
    assert post.turn(2 * SUBSCRIPTION_S) == []
    assert len(post.subscriptions) == 0


def test_many_changes_are_spread_over_turns_and_none_waits_for_ever() -> None:
    count = 3 * MOST_PER_UPDATE
    post = Post(count)
    post.subscriptions.add(ORIGIN, 0, "/", 0.0)
    told: set[str] = set()
    for turn in range(4):
        # All of them change all the time.
        post.said = {name: (name, (turn,)) for name in post.said}
        sent = post.turn(0.1 * turn)
        assert len(sent) <= MOST_PER_UPDATE
        told |= {address for _, address, _ in sent}
    assert len(told) == count


def test_what_a_sender_asks_for_itself_is_news_to_the_others_alone() -> None:
    post = Post()
    post.subscriptions.add(ORIGIN, 0, "/", 0.0)
    post.subscriptions.add(("10.0.0.2", 1), 0, "/", 0.0)
    post.turn(0.0)
    post.subscriptions.note_writer(ORIGIN, "/a/0", 7, 1.0)
    # The frame has not taken it yet: the old value would throw the fader back.
    assert post.turn(1.01) == []
    post.said["/a/0"] = ("/a/0", (7,))
    assert [to for to, _, _ in post.turn(1.05)] == [("10.0.0.2", 1)]
    # Something else changed it meanwhile: told as soon as the finger has let go.
    post.said["/a/0"] = ("/a/0", (8,))
    assert [to for to, _, _ in post.turn(1.1)] == [("10.0.0.2", 1)]
    assert [to for to, _, _ in post.turn(1.5)] == [ORIGIN]


def test_there_is_an_end_to_subscribers() -> None:
    post = Post()
    refused = 0
    for port in range(MOST_SUBSCRIBERS + 3):
        try:
            post.subscriptions.add(ORIGIN, 1000 + port, "/", 0.0)
        except Exception as error:  # noqa: BLE001 - whatever it is must name the way out
            refused += "/unsubscribe" in str(error)
    assert (len(post.subscriptions), refused) == (MOST_SUBSCRIBERS, 3)
