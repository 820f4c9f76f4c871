"""A show without pictures, which tells of itself what a test wants: `python -m ... FILE MOOD`."""

import os
import socket
import sys
import time
from pathlib import Path

from likeness.show.heartbeat import VARIABLE, Dimming, Heartbeat


def main(file: str, mood: str, *arguments: str) -> None:
    """Play as the first word of `mood` says; note each start in `file`, and beside it what it was told."""
    with Path(file).open("a", encoding="utf-8") as starts:
        starts.write(f"{mood}\n")
    with (Path(file).parent / "arguments").open("a", encoding="utf-8") as given:
        given.write(f"{' '.join(arguments)}\n")
    mood = mood.split()[0]
    if mood == "wrong":
        sys.exit(2)
    if mood == "late" and len(Path(file).read_text(encoding="utf-8").splitlines()) < 7:
        sys.exit(69)
    port, _, word = os.environ[VARIABLE].partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for count in range(1, 2000):
            moves = mood != "stands" or count < 3
            beat = Heartbeat(
                pictures=3 if mood == "hangs" and count > 3 else 0 if mood == "never" else count,
                mark=count if moves else 0,
                look="black" if mood == "black" else "",
                held=mood == "held",
                lost=("window on display 0",) if mood == "loses" and count > 3 else (),
            )
            sock.sendto(beat.encode(word if mood != "stranger" else "x"), ("127.0.0.1", int(port)))
            time.sleep(0.02)
            try:
                order = Dimming.decode(sock.recv(1024, socket.MSG_DONTWAIT), word)
            except BlockingIOError:
                order = None
            if order is not None:
                with (Path(file).parent / "said").open("a", encoding="utf-8") as said:
                    said.write(f"{order.brightness}\n")
            if mood == "dies" and count == 5:
                os.abort()
            if mood == "ends" and count == 5:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
