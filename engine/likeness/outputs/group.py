"""The outputs of a show: each gets every picture until it fails, and the rest go on without it."""

import logging
from collections.abc import Iterable, Iterator

from likeness.errors import OutputError
from likeness.outputs.fitting import AlphaOutput
from likeness.outputs.late import LateOutput
from likeness.outputs.output import Output
from likeness.outputs.writer import QueuedOutput
from likeness.picture import Alpha, Picture, black

log = logging.getLogger(__name__)


class OutputGroup:
    """The outputs that still work. The show's thread changes it; any thread may iterate.

    Args:
        outputs: in the order in which they get a picture.

    Attributes:
        failed: the names of those that were closed because they failed, and of those that failed to close.
        recordings: the files among them, also when they are closed.
        held_back: whether windows stay black and nothing is written or sent, since another machine plays.
    """

    def __init__(self, outputs: Iterable[Output] = ()) -> None:
        self._outputs = tuple(outputs)
        self.failed: list[str] = []
        self.recordings = tuple(filter(None, map(recording_of, self._outputs)))
        self.held_back, self._black = False, black(1, 1)

    def __iter__(self) -> Iterator[Output]:
        return iter(self._outputs)

    def add(self, output: Output) -> None:
        """Play to `output` too, from the next picture on."""
        self._outputs = (*self._outputs, output)
        self.recordings += tuple(filter(None, [recording_of(output)]))

    def show(self, picture: Picture, at: float, *, drawn: bool = True, alpha: Alpha | None = None) -> None:
        """Show `picture` on every output.

        Args:
            picture, at: as `Output.show` takes them.
            alpha: of the picture, for outputs with an alpha channel.
            drawn: whether a picture was ever drawn; until then windows show black, and files have not begun.

        Raises:
            OutputError: where none is left: there is nobody to play to.
        """
        if self.held_back:
            if self._black.shape != picture.shape:
                self._black = black(picture.shape[1], picture.shape[0])
            picture, drawn = self._black, False
        for output in self._outputs:
            if not drawn and (recording_of(output) or (self.held_back and isinstance(innermost(output), LateOutput))):
                continue
            try:
                if isinstance(output, AlphaOutput):
                    output.alpha = alpha
                output.show(picture, at)
            # A driver or a disk may raise anything; that output ends and the rest go on.
            except Exception as error:  # noqa: BLE001
                self._drop(output, error)
        if not self._outputs:
            raise OutputError("no output is left; the lines above say what failed")

    def close(self) -> None:
        """Close every output; one that fails to close keeps no other open, and counts as failed. Safe to call twice."""
        outputs, self._outputs = self._outputs, ()
        self.failed += [output.name for output in outputs if not _close(output)]

    def _drop(self, output: Output, error: Exception) -> None:
        log.error("%s is closed: %s", output.name, error, exc_info=None if isinstance(error, OutputError) else error)
        self._outputs = tuple(other for other in self._outputs if other is not output)
        self.failed.append(output.name)
        _close(output)


def recording_of(output: Output) -> QueuedOutput | None:
    """Return the file that `output` keeps pictures in, which begins with the first one that was drawn; else None."""
    inner = innermost(output)
    return inner if isinstance(inner, QueuedOutput) else None


def innermost(output: Output) -> object:
    """Return what `output` passes its pictures on to at last; itself where it passes nothing on."""
    inner: object = output
    while hasattr(inner, "inner"):
        inner = inner.inner
    return inner.opened if isinstance(inner, LateOutput) else inner


def _close(output: Output) -> bool:
    """Close `output`; return whether it closed cleanly."""
    try:
        output.close()
    # An encoder or a driver may raise anything while it closes, and the rest must still be closed.
    except Exception as error:  # noqa: BLE001
        log.error("%s did not close cleanly: %s", output.name, error)
        return False
    return True
