"""The process that passes a stream on: from its standard input to an address in the network.

PyAV holds the interpreter while FFmpeg connects: a receiver that took the connection and then said nothing stopped
every thread of the show for good. So what waits for the network waits here, and is killed where it waits too long.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import av

# What lies between the show and this process: packets with their times, and no delay.
CONTAINER = "nut"
# FFmpeg would read 5 MB before it says what comes; the head of the container has said it already. Its `nobuffer` drops
# what it reads for that, and so the first keyframe: a receiver saw nothing for a second.
_AT_ONCE = {"probesize": "4096", "analyzeduration": "0"}
_FLUSHED = {"flush_packets": "1"}
# Said on standard output once the receiver has taken the connection.
CONNECTED = b"connected\n"
# Longer than this nothing is waited for in the network, in seconds: where the show was killed meanwhile, nobody else
# would end this process.
_STUCK_S = 15


def relay(url: str, kind: str) -> None:
    """Pass packets on from standard input to `url`, in FFmpeg's container `kind`, until it ends."""
    # Unbuffered: a read returns what is there, instead of waiting for a block to fill.
    pipe = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - this process ends with it
    with (
        av.open(pipe, "r", format=CONTAINER, options=_AT_ONCE) as source,
        av.open(url, "w", format=kind, options=_FLUSHED) as sink,
    ):
        # The picture, and the sound where there is some.
        streams = {stream.index: sink.add_stream_from_template(stream) for stream in source.streams}
        with _limited():
            sink.start_encoding()
        os.write(1, CONNECTED)
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                with _limited():
                    sink.mux(packet)
        with _limited():
            sink.close()


@contextmanager
def _limited() -> Iterator[None]:
    """End this process where the body takes too long. By the system: the interpreter may be held meanwhile."""
    if sys.platform != "win32":
        signal.alarm(_STUCK_S)
    try:
        yield
    finally:
        if sys.platform != "win32":
            signal.alarm(0)


if __name__ == "__main__":
    # Ctrl+C in a terminal reaches this process too; the show ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        relay(sys.argv[1], sys.argv[2])
    except Exception as error:  # noqa: BLE001 - whatever it is, the show gets it as one line
        os.write(2, f"{error}\n".encode())
        sys.exit(1)
