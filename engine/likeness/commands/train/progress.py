"""The progress of `likeness train`: a bar with figures, lines where there is no terminal, TensorBoard."""

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
    from likeness.training.train import TrainingCallbacks, TrainingReport

LINE_PERIOD_S = 10.0


@contextmanager
def show_progress(run: "RunFolder", tensorboard: bool) -> Iterator["TrainingCallbacks"]:
    """Yield callbacks for `likeness.training.train.train`; the first Ctrl+C ends the run with a checkpoint.

    Raises:
        LikenessError: TensorBoard is asked for and not installed.
    """
    from likeness.training.train import TrainingCallbacks

    started_at = time.monotonic()
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(stop_on_signals(stop.set))
        reporters: list[Callable[[TrainingReport], None]] = []
        on_read: Callable[[str, int, int], None] = lambda stage, done, total: None  # noqa: E731 - as in the class below
        if is_main_process():
            display = stack.enter_context(ProgressDisplay(Console(stderr=True)))
            reporters.append(display.report)
            on_read = display.show_reading
        if is_main_process() and tensorboard:
            board = _open_tensorboard(run.path)
            stack.callback(board.close)
            reporters.append(lambda report: _write_scalars(board, report))

        def on_report(report: "TrainingReport") -> None:
            for reporter in reporters:
                reporter(report)

        yield TrainingCallbacks(on_report, on_read, write_video, stop, started_at)


def is_main_process() -> bool:
    """Return whether this process of a run under torchrun is the one that prints."""
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


class ProgressDisplay:
    """A bar and a line of figures while a run goes; where there is no terminal, a line every ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console, self._printed_at = console, -LINE_PERIOD_S
        columns = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[figures]}"))
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task: TaskID | None = None

    def __enter__(self) -> "ProgressDisplay":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show_reading(self, stage: str, done: int, total: int) -> None:
        """Show the number of pictures read."""
        self._show(stage, done / total, f"{done} of {total} pictures")

    def report(self, report: "TrainingReport") -> None:
        """Show the position of the run."""
        self._show("train", report.progress, format_report(report))

    def _show(self, stage: str, share: float, text: str) -> None:
        if self._task is None:
            self._task = self._progress.add_task(stage, total=1.0, figures="")
        self._progress.update(self._task, description=stage, completed=share, figures=text)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._printed_at >= LINE_PERIOD_S:
            self._printed_at = now
            self._console.print(f"{stage} {share:4.0%}  {text}", soft_wrap=True, highlight=False)


def format_report(report: "TrainingReport") -> str:
    """Return a report in one line."""
    from likeness.training.schedule import format_time

    named = "  ".join(f"{name} {value:.3g}" for name, value in report.losses.items())
    measured = "".join(f"  {name} {value:.3g}" for name, value in report.metrics.items())
    line = f"step {report.step}  {report.images_per_s:.0f} images/s  {format_time(report.left_s)} left  {named}"
    return f"{line}  | measured:{measured}" if measured else line


def _open_tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise LikenessError(
            "--tensorboard needs TensorBoard, which is not installed; pip install 'likeness-live[tensorboard]'"
        ) from error
    return SummaryWriter(str(folder / "tensorboard"))


def _write_scalars(board: Any, report: "TrainingReport") -> None:
    board.add_scalar("images_per_s", report.images_per_s, report.step)
    for kind, values in {"loss": report.losses, "metric": report.metrics}.items():
        for name, value in values.items():
            board.add_scalar(f"{kind}/{name}", value, report.step)
