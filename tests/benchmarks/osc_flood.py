"""Flood an OscInput from a second process while this one keeps a busy 60 Hz loop; print loss and latency.

    python tests/benchmarks/osc_flood.py --rate 5000 --seconds 5 --busy 0.5

Each message carries the time it was sent; the latency is from there until the frame takes it. A message waits 8 ms
on average, and 17 ms at most, for the next frame: what is beyond that is ours. Of numbers that come in one frame the
last one is timed, since it alone is taken.
"""

import argparse
import subprocess
import sys
import time

from likeness.inputs.osc.server import OscInput
from likeness.parameters.store import Edit, ParamStore
from likeness.params import Float, Value

FPS = 60.0


class StampedStore(ParamStore):
    """Keeps how long each message took until a frame took it, in ms."""

    def __init__(self) -> None:
        super().__init__()
        self.latencies_ms: list[float] = []

    def prepare(self, address: str, value: object) -> tuple[Edit, Value]:
        """Time the edit as well."""
        (edit, parsed), sent_at = super().prepare(address, value), float(str(value))

        def timed() -> None:
            edit()
            self.latencies_ms.append((time.monotonic() - sent_at) * 1e3)

        return timed, parsed


# Both ends of one machine share the monotonic clock on Linux; an OSC float would lose its digits, a double does not.
SENDER = """
import socket, sys, time
from pythonosc.osc_message_builder import OscMessageBuilder
port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.1", port))
def message(address, value, kind):
    builder = OscMessageBuilder(address)
    builder.add_arg(value, kind)
    return builder.build().dgram
begin, sent = time.monotonic(), 0
while (now := time.monotonic()) < begin + seconds:
    for _ in range(int((now - begin) * rate) - sent):
        sock.send(message("/flood/sent_at", time.monotonic(), "d"))
        sent += 1
    time.sleep(0.0005)
print(sent)
"""


def main() -> None:
    """Parse the command line, flood, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rate", type=float, default=5000, help="messages a second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--busy", type=float, default=0.5, help="part of each frame that holds the interpreter")
    options = parser.parse_args()

    store = StampedStore()
    store.declare("flood", [Float("sent_at", 0.0, max=1e9)])
    osc = OscInput(store, 0)
    osc.start()
    command = [sys.executable, "-c", SENDER, str(osc.port), str(options.rate), str(options.seconds)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    _play(store, osc, sender, options.busy)
    # What is still in the socket's buffer is late, not lost: wait until nothing has come for a while.
    seen = -1
    while seen != osc.received:
        seen = osc.received
        time.sleep(0.5)
    osc.close()
    sent = int(sender.communicate()[0])
    latencies_ms = sorted(store.latencies_ms)
    print(f"busy {options.busy:.0%} of each frame, {sent / options.seconds:.0f} messages/s for {options.seconds:g} s")
    print(f"sent {sent}  received {osc.received}  lost {sent - osc.received}  refused {osc.refused}")
    for name, part in (("p50", 0.50), ("p99", 0.99), ("worst", 1.0)):
        at = min(int(part * len(latencies_ms)), len(latencies_ms) - 1)
        print(f"from sending until a frame takes it, {name}: {latencies_ms[at]:.2f} ms")


def _play(store: ParamStore, osc: OscInput, sender: "subprocess.Popen[str]", busy: float) -> None:
    """Run frames until the sender ends."""
    due = time.monotonic()
    while sender.poll() is None:
        due = max(due + 1 / FPS, time.monotonic())
        time.sleep(max(due - time.monotonic(), 0))
        osc.advance(0.0, 0.0)
        store.advance(1 / FPS)
        end = time.monotonic() + busy / FPS
        while time.monotonic() < end:
            pass


if __name__ == "__main__":
    main()
