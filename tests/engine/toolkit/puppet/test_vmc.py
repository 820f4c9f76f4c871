"""VMC: what a receiver gets over UDP, as its protocol says, and addresses that are none."""

import math
import socket

import pytest

from likeness.errors import InputError
from likeness.inputs.osc.packet import decode
from likeness.toolkit.puppet.expression import FACE_CHANNELS
from likeness.toolkit.puppet.vmc import VmcSender, parse_receiver


def test_a_receiver_gets_every_channel_and_the_heads_turn() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(20)
        sender = VmcSender(f"127.0.0.1:{receiver.getsockname()[1]}")
        sender.send({"jawOpen": 0.25, "headYaw": 1.0}, present=True)
        sender.close()
        got = []
        while not got or got[-1].address != "/VMC/Ext/Bone/Pos":
            datagram = receiver.recv(4096)
            assert len(datagram) <= 1400
            got += decode(datagram)
    assert got[0].address == "/VMC/Ext/OK"
    assert list(got[0].args) == [1]
    values = {each.args[0]: each.args[1] for each in got if each.address == "/VMC/Ext/Blend/Val"}
    assert list(values) == list(FACE_CHANNELS)
    assert values["jawOpen"] == 0.25
    assert values["mouthPucker"] == 0.0
    assert got[-2].address == "/VMC/Ext/Blend/Apply"
    # Turned by 0.6 to the person's own left: about y, in Unity's left-handed way less than nothing.
    bone, *numbers = got[-1].args
    assert bone == "Head"
    assert numbers == pytest.approx([0, 0, 0, 0, -math.sin(0.3), 0, math.cos(0.3)], abs=1e-6)


def test_a_receiver_that_is_not_there_costs_nothing() -> None:
    sender = VmcSender("127.0.0.1:9")
    for _ in range(5):
        sender.send({}, present=False)
    sender.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("127.0.0.1:39540", ("127.0.0.1", 39540)),
        ("localhost", ("127.0.0.1", 39539)),
        ("192.168.1.7", ("192.168.1.7", 39539)),
        ("[::1]:39541", ("::1", 39541)),
        ("::1", ("::1", 39539)),
    ],
)
def test_addresses_are_read(text: str, wanted: tuple[str, int]) -> None:
    assert parse_receiver(text) == wanted


@pytest.mark.parametrize("text", ["studio.example.com:39539", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:70000", ":5"])
def test_what_would_have_to_be_looked_up_or_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no address to send to"):
        parse_receiver(text)
