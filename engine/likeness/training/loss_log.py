"""The losses of a run: read from the device now and then, refused where they are no numbers, logged in even blocks."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from likeness.errors import TrainingError

# Steps whose mean losses are one line of the log; by steps and not by time, so that a run's log repeats.
LOGGED = 20


class LossLog:
    """Keeps losses on the device until somebody looks.

    Args:
        write: called with the last step of each block and the means over it.
        way_back: returns what to do, for the end of the message where a loss is no number.

    Attributes:
        block: of each step since the last full block; a checkpoint holds it.
    """

    def __init__(self, write: Callable[[int, Mapping[str, float]], None], way_back: Callable[[], str]) -> None:
        self._write, self._way_back = write, way_back
        self._unseen: list[tuple[int, Mapping[str, Tensor]]] = []
        self.block: list[dict[str, float]] = []

    def add(self, step: int, losses: Mapping[str, Tensor]) -> None:
        """Take the losses of a step that is done, each a scalar; waits for nothing."""
        self._unseen.append((step, losses))

    def flush(self) -> Mapping[str, float]:
        """Wait for the device, log what is due, and return the means since the last look.

        Raises:
            TrainingError: a loss is no number any more.
        """
        values = [loss.float() for _, losses in self._unseen for loss in losses.values()]
        numbers = iter(torch.stack(values).tolist() if values else [])
        seen: dict[str, list[float]] = {}
        for step, losses in self._unseen:
            row = dict(zip(losses, numbers, strict=False))
            for name, value in row.items():
                if not math.isfinite(value):
                    raise TrainingError(f"the loss {name!r} became {value} at step {step}. {self._way_back()}")
                seen.setdefault(name, []).append(value)
            self.block.append(row)
            if step % LOGGED == 0:
                self._close(step)
        self._unseen.clear()
        return _means(seen)

    def _close(self, step: int) -> None:
        columns = {name: [row[name] for row in self.block if name in row] for row in self.block for name in row}
        self.block.clear()
        self._write(step, _means(columns))


def _means(columns: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: sum(column) / len(column) for name, column in columns.items()}
