"""The performer of a set: a second process, which plays a file of messages over UDP and a virtual MIDI port.

`python set_player.py FILE UDP-PORT [MIDI-SYSTEM]` opens its port, says "ready", waits for a line, plays, and says
of each message when it was sent on the system's monotonic clock, as JSON.
"""

import json
import socket
import sys
import time
import tomllib
from pathlib import Path

from pythonosc.osc_message_builder import OscMessageBuilder

CONTROLLER = "Hand of the set"


def packed(address: str, *args: float | str) -> bytes:
    """Return a datagram with one message."""
    builder = OscMessageBuilder(address)
    for arg in args:
        builder.add_arg(arg)
    datagram: bytes = builder.build().dgram
    return datagram


def tell(line: str) -> None:
    """Say a line to whoever started the process."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Play."""
    path, port, system = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None
    messages = tomllib.loads(path.read_text(encoding="utf-8"))["message"]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out = None
    if system is not None:
        import rtmidi

        out = rtmidi.MidiOut(system, CONTROLLER)
        out.open_virtual_port("knobs")
    tell("ready")
    sys.stdin.readline()
    began, sent = time.monotonic(), {}
    for message in messages:
        time.sleep(max(began + message["at"] - time.monotonic(), 0))
        sent[message["name"]] = time.monotonic()
        if "osc" in message:
            sock.sendto(packed(*message["osc"]), ("127.0.0.1", port))
        elif out is not None and "turn" in message:
            number, first, last = message["turn"]
            for place in range(first, last + 1):
                out.send_message([0xB0, number, place])
                time.sleep(0.005)
        elif out is not None:
            out.send_message([0x90, message["press"], 100])
            time.sleep(0.05)
            out.send_message([0x80, message["press"], 0])
    tell(json.dumps(sent))
    sys.stdin.readline()
    if out is not None:
        out.close_port()
        out.delete()


if __name__ == "__main__":
    main()
