"""Standard output and error that outlive their readers and whoever closes them."""

import io
from contextlib import suppress
from typing import BinaryIO


class _LastingFile(io.FileIO):
    """A file that stays open to the end of the program."""

    def close(self) -> None:
        pass


class _LastingBuffer(io.BufferedWriter):
    """A buffer that stays open to the end of the program."""

    def close(self) -> None:
        with suppress(OSError, ValueError):
            self.flush()


class LastingStream(io.TextIOWrapper):
    """A text stream that discards what nobody can read any more, and that nobody can close.

    A show must not end with a pipe's reader, and a plugin that closes the stream must not end the log.
    """

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            super().flush()

    def close(self) -> None:
        self.flush()

    def detach(self) -> BinaryIO:
        raise io.UnsupportedOperation("this stream stays open to the end of the program")


def open_lasting(stream: io.TextIOWrapper) -> LastingStream:
    """Return a stream to the same file in the place of `stream`, which is of no use afterwards."""
    encoding = stream.encoding
    before = stream.detach()
    raw = _LastingFile(before.fileno(), "wb", closefd=False)
    # Kept alive, since it closes the file when it is forgotten.
    raw.before = before  # type: ignore[attr-defined]
    return LastingStream(_LastingBuffer(raw), encoding, "backslashreplace", line_buffering=True)
