"""What `likeness train` shows of a run: a bar with figures, lines where nobody looks at a terminal, TensorBoard."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from likeness.errors import LikenessError
from likeness.picture import Picture
from likeness.show.signals import stop_on_signals

if TYPE_CHECKING:
    from likeness.training.run import RunFolder
    from likeness.training.train import Report, Watcher

LINE_PERIOD_S = 10.0


@contextmanager
def watched(run: "RunFolder", tensorboard: bool) -> Iterator["Watcher"]:
    """Yield what `likeness.training.train.train` takes; the first Ctrl+C ends the run with a checkpoint.

    Raises:
        LikenessError: TensorBoard is asked for and not installed.
    """
    from likeness.training.train import Watcher

    began = time.monotonic()
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(stop_on_signals(stop.set))
        tellers: list[Callable[[Report], None]] = []
        read: Callable[[str, int, int], None] = lambda stage, done, total: None  # noqa: E731 - as in the class below
        if leads():
            display = stack.enter_context(Display(Console(stderr=True)))
            tellers.append(display.tell)
            read = display.read
        if leads() and tensorboard:
            board = _board(run.path)
            stack.callback(board.close)
            tellers.append(lambda report: _write(board, report))

        def told(report: "Report") -> None:
            for tell in tellers:
                tell(report)

        yield Watcher(told, read, write_video, stop, began)


def leads() -> bool:
    """Return whether this process of a run under torchrun is the one that speaks."""
    return os.environ.get("RANK", "0") == "0"


def write_video(path: Path, pictures: Iterator[Picture], fps: float) -> None:
    """Write pictures as a video.

    Raises:
        OutputError: the disk refuses.
    """
    from likeness.outputs.video import VideoOutput

    output = VideoOutput(path, fps, offline=True)
    try:
        for number, picture in enumerate(pictures):
            output.show(picture, number / fps)
    finally:
        output.close()


class Display:
    """A bar and a line of figures while a run goes; where there is no terminal, a line every ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console, self._said_at = console, -LINE_PERIOD_S
        columns = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[figures]}"))
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task: TaskID | None = None

    def __enter__(self) -> "Display":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def read(self, stage: str, done: int, total: int) -> None:
        """Show how many pictures are read."""
        self._show(stage, done / total, f"{done} of {total} pictures")

    def tell(self, report: "Report") -> None:
        """Show where the run stands."""
        self._show("train", report.progress, figures(report))

    def _show(self, stage: str, share: float, text: str) -> None:
        if self._task is None:
            self._task = self._progress.add_task(stage, total=1.0, figures="")
        self._progress.update(self._task, description=stage, completed=share, figures=text)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._said_at >= LINE_PERIOD_S:
            self._said_at = now
            self._console.print(f"{stage} {share:4.0%}  {text}", soft_wrap=True, highlight=False)


def figures(report: "Report") -> str:
    """Return a report in one line."""
    from likeness.training.schedule import tell_time

    named = "  ".join(f"{name} {value:.3g}" for name, value in report.losses.items())
    measured = "".join(f"  {name} {value:.3g}" for name, value in report.metrics.items())
    line = f"step {report.step}  {report.images_per_s:.0f} images/s  {tell_time(report.left_s)} left  {named}"
    return f"{line}  | measured:{measured}" if measured else line


def _board(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise LikenessError(
            "--tensorboard needs TensorBoard, which is not installed; pip install 'likeness-live[tensorboard]'"
        ) from error
    return SummaryWriter(str(folder / "tensorboard"))


def _write(board: Any, report: "Report") -> None:
    board.add_scalar("images_per_s", report.images_per_s, report.step)
    for kind, values in {"loss": report.losses, "metric": report.metrics}.items():
        for name, value in values.items():
            board.add_scalar(f"{kind}/{name}", value, report.step)
