"""The live panel of `likeness play --status`, drawn by a thread of its own."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel as Frame
from rich.table import Table
from rich.text import Text

from likeness.outputs.disk_room import WARN_AT
from likeness.show.status import format_rate
from likeness.stoppable_thread import StoppableThread

PERIOD_S = 0.25
# Where standard error is no terminal, a line is printed now and then instead.
LINE_PERIOD_S = 5.0
MOST_LINES = 1000


class StatusPanel:
    """Shows the status at the foot of the terminal while it is open; log lines scroll by above it.

    The thread that enters it and leaves it is the owner. While it is open it replaces the stream handlers of the root
    logger: log lines are queued, and the thread of the panel prints them, so that no other waits for the terminal.

    Args:
        numbers: returns the result of `likeness.show.status.status`; called on the panel's thread.
        console: where to draw, by default standard error.
    """

    def __init__(self, numbers: Callable[[], Mapping[str, Any]], console: Console | None = None) -> None:
        self._numbers = numbers
        self._console = console or Console(stderr=True)
        self._lines = _LogQueue()
        self._thread = StoppableThread("status", self._run)
        self._handlers: list[logging.Handler] = []

    def __enter__(self) -> "StatusPanel":
        root = logging.getLogger()
        self._handlers = [each for each in root.handlers if type(each) is logging.StreamHandler]
        for handler in self._handlers:
            root.removeHandler(handler)
            self._lines.setFormatter(handler.formatter)
        root.addHandler(self._lines)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.close()
        root = logging.getLogger()
        root.removeHandler(self._lines)
        for handler in self._handlers:
            root.addHandler(handler)
        self._print_lines()

    def _run(self) -> None:
        if not self._console.is_terminal:
            while not self._thread.stopping.wait(LINE_PERIOD_S):
                self._print_lines()
                self._console.print(Text(format_line(self._numbers())), soft_wrap=True)
            return
        with Live(console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
            while not self._thread.stopping.wait(PERIOD_S):
                self._print_lines()
                live.update(build_panel(self._numbers()), refresh=True)

    def _print_lines(self) -> None:
        while self._lines.kept:
            self._console.print(Text(self._lines.kept.popleft()), soft_wrap=True)


class _LogQueue(logging.Handler):
    """Queues log lines; the oldest are dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: deque[str] = deque(maxlen=MOST_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(self.format(record))


def format_line(numbers: Mapping[str, Any]) -> str:
    """Return the most important numbers as one line."""
    frame, tempo = numbers["frame_ms"], numbers["tempo"]
    dropped = sum(output["dropped"] for output in numbers["outputs"])
    dark = ", BLACKOUT" if numbers["master"]["blackout"] else ""
    return (
        f"{numbers['fps']:.1f} fps, frame {frame['p50']:.1f} ms "
        f"(99 %: {frame['p99']:.1f}, worst {frame['worst']:.1f}), "
        f"{numbers['repeats']} repeats, {dropped} drops, {tempo['bpm']:.1f} BPM{dark}"
    )


def _describe_output(output: Mapping[str, Any]) -> tuple[str, str]:
    """Return what an output does in words, and their colour."""
    text = f"{output['name']}: {output['dropped']} dropped, {output['repeated']} repeated"
    minutes = output.get("disk_full_in_minutes")
    if "file" in output and output["file"] is None:
        return f"{text}, the file is gone", "red"
    if output.get("trouble"):
        return f"{text}, reaches nobody: {output['trouble']}", "yellow"
    if minutes is not None and minutes < WARN_AT[0]:
        return f"{text}, the disk is full in {minutes:.0f} min", "red"
    return text, ""


def build_panel(numbers: Mapping[str, Any]) -> RenderableType:
    """Return the panel, in which every line has a fixed place."""
    frame, tempo, master = numbers["frame_ms"], numbers["tempo"], numbers["master"]
    slow = numbers["fps"] < 0.95 * numbers["governed_fps"]
    facts = Table.grid(padding=(0, 2))
    facts.add_row("rate", Text(f"{numbers['fps']:6.1f} of {format_rate(numbers)}", "red" if slow else ""))
    facts.add_row(
        "frame",
        f"{frame['p50']:6.1f} ms median   {frame['p99']:6.1f} 99 %   {frame['worst']:6.1f} worst   "
        f"{numbers['synthesis_ms']['p50']:6.1f} synthesis",
    )
    facts.add_row("latency", f"{numbers['latency_ms']:6.1f} ms from the tick to the outputs")
    facts.add_row("repeats", f"{numbers['repeats']:6d} of {numbers['frames']} frames")
    led = f"   led by {tempo['leader']}" if tempo["leader"] else ""
    beat = tempo["beat"] % tempo["beats_per_bar"] + 1
    facts.add_row("tempo", f"{tempo['bpm']:6.1f} BPM   bar {int(tempo['bar']) + 1}   beat {int(beat)}{led}")
    state = [name for name in ("blackout", "freeze") if master[name]]
    light = f"{master['level'] * master['brightness']:6.0%}   {'   '.join(state).upper()}"
    facts.add_row("master", Text(light, "bold white on red" if state else ""))
    for output in numbers["outputs"]:
        facts.add_row("output", Text(*_describe_output(output)))
    for name in numbers["closed_outputs"]:
        facts.add_row("output", Text(f"{name}: closed", "red"))
    for name, seen in numbers["inputs"].items():
        facts.add_row("input", f"{name}: {', '.join(f'{count} {value}' for count, value in seen.items())}")
    rack = Table("plugin", "ms", "", box=None, padding=(0, 2))
    for plugin in numbers["plugins"]:
        note = "bypassed" if plugin["bypassed"] else f"{plugin['strikes']} strikes" if plugin["strikes"] else ""
        rack.add_row(plugin["name"], f"{plugin['cost_ms']:.2f}", note)
    return Frame(Group(facts, rack), title="likeness", title_align="left")
