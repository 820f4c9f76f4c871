"""The losses of a run: read from the device now and then, checked for NaN, logged in even blocks."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from likeness.errors import TrainingError

# Steps in one line of the log; by steps and not by time, so that the same run writes the same log.
BLOCK_STEPS = 20


class LossLog:
    """Losses, kept on the device until `flush`.

    Args:
        write: called with the last step of each block and the means over it.
        recovery_hint: returns the next step for the user, for the end of the message where a loss is NaN.

    Attributes:
        block: losses of each step since the last full block; a checkpoint holds it.
    """

    def __init__(self, write: Callable[[int, Mapping[str, float]], None], recovery_hint: Callable[[], str]) -> None:
        self._write, self._recovery_hint = write, recovery_hint
        self._pending: list[tuple[int, Mapping[str, Tensor]]] = []
        self.block: list[dict[str, float]] = []

    def add(self, step: int, losses: Mapping[str, Tensor]) -> None:
        """Add the losses of a finished step, each a scalar; no device sync."""
        self._pending.append((step, losses))

    def flush(self) -> Mapping[str, float]:
        """Wait for the device, log full blocks, and return the means since the last flush.

        Raises:
            TrainingError: a loss is NaN or infinite.
        """
        values = [loss.float() for _, losses in self._pending for loss in losses.values()]
        numbers = iter(torch.stack(values).tolist() if values else [])
        columns: dict[str, list[float]] = {}
        for step, losses in self._pending:
            row = dict(zip(losses, numbers, strict=False))
            for name, value in row.items():
                if not math.isfinite(value):
                    raise TrainingError(f"the loss {name!r} became {value} at step {step}. {self._recovery_hint()}")
                columns.setdefault(name, []).append(value)
            self.block.append(row)
            if step % BLOCK_STEPS == 0:
                self._write_block(step)
        self._pending.clear()
        return _means(columns)

    def _write_block(self, step: int) -> None:
        columns = {name: [row[name] for row in self.block if name in row] for row in self.block for name in row}
        self.block.clear()
        self._write(step, _means(columns))


def _means(columns: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: sum(column) / len(column) for name, column in columns.items()}
