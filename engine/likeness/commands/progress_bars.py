"""Progress bars, one for each stage of a slow command."""

from collections.abc import Callable
from typing import Any


class Bars:
    """Progress bars on the terminal while the context is open; a stage gets its bar with its first progress."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        text, left = TextColumn("{task.description:10}"), TimeRemainingColumn()
        self._bars = Progress(text, BarColumn(), MofNCompleteColumn(), left)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, stage: str, done: int, total: int) -> None:
        """Update the bar of a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)

    def stage(self, name: str) -> Callable[[int, int], None]:
        """Return a function that updates the bar of one stage."""
        return lambda done, total: self.show(name, done, total)
