"""The life of one frame: tick, take what came in, draw, master, out. Read this first."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from likeness.errors import OutputError
from likeness.events import Event, Forget, HeldNotes
from likeness.fault_log import Faults
from likeness.frame import Frame
from likeness.master import Master
from likeness.outputs.output import Output
from likeness.parameters.store import ParamStore
from likeness.params import Float, Int
from likeness.picture import Picture, black
from likeness.show.clock import Clock, Tick
from likeness.show.renderer import Outcome, RenderThread
from likeness.tempo.transport import FASTEST, SLOWEST, Transport

log = logging.getLogger(__name__)

PARAMS = (
    Float("psi", 0.8, min=0.0, max=1.5, glide=0.05, help="Truncation: 0 is the mean face, above 1 is caricature."),
    Float("tempo", 120.0, min=SLOWEST, max=FASTEST, unit="BPM", help="How fast beats pass."),
    Int("meter", 4, min=1, max=16, unit="beats", help="How many beats a bar has."),
)
# A frame that takes longer than this is waited for no more: the last picture is shown again and the master stays
# in hand. Below it the loop goes in step with the generator, which is faster for one that needs two frame times.
PATIENCE_S = 0.1
# A generator that is merely slow is not worth a line; one that is silent for so long is.
SILENCE_S = 0.5


@dataclass(frozen=True)
class Timing:
    """Where one frame's time went, in ms: all but the clock's wait, and the part inside `synthesize`.

    It began `at` seconds since the start.
    """

    frame_ms: float
    synthesis_ms: float
    at: float = 0.0


class Loop:
    """Owns the frame. `frame` belongs to the main thread, since windows do."""

    def __init__(
        self,
        clock: Clock,
        store: ParamStore,
        render: RenderThread,
        outputs: list[Output],
        size: tuple[int, int],
        master: Master | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.clock, self.store, self.render, self.outputs = clock, store, render, outputs
        self.transport = transport or Transport()
        self.stopping = threading.Event()
        # Called before the inbox is taken, with the show's time so far and the beat of the frame that begins: what
        # they leave in the inbox lands in this very frame.
        self.between: list[Callable[[float, float], None]] = []
        # Puts what must be seen whatever is played over the finished picture.
        self.mark: Callable[[Picture], Picture] = _unmarked
        self.timings: deque[Timing] = deque(maxlen=600)
        self.repeated = self._in_a_row = self.frames = 0
        # The names of outputs that failed.
        self.closed: list[str] = []
        self._told = False
        self.master = master or Master()
        store.on_toggle("master.blackout", self.master.press)
        self._held_notes = HeldNotes()
        self._faults = Faults(log)
        self._picture: Picture = black(*size)
        self._time = self._owed_dt = 0.0
        self._events: list[Event] = []
        self._synthesis_s = 0.0
        self._seen = True
        self.at = 0.0

    def frame(self) -> None:
        """Live one frame.

        Raises:
            OutputError: where the last output failed: there is nobody left to play to.
        """
        tick = self.clock.tick()
        began = perf_counter()
        self._keep_time(tick)
        self._prepare()
        # Presses that no plugin has seen yet, because the frame before is still being drawn, add up.
        events = self._held_notes.follow(self.store.advance(tick.dt, seen=self._seen))
        self._events += events
        if any(isinstance(event, Forget) for event in events):
            self.master.forget()
        self._draw(tick)
        picture = self.master.apply(self._picture, self.store.snapshot["master"], tick.at - self.at)
        self._show(self.mark(picture), tick.at)
        self.frames, self.at = tick.index + 1, tick.at
        self.timings.append(Timing((perf_counter() - began) * 1e3, self._synthesis_s * 1e3, tick.at))

    @property
    def picture(self) -> Picture:
        """Return the newest picture, before the master."""
        return self._picture

    def summary(self) -> str:
        """Return the last frames in one line."""
        if not self.timings:
            return "no frame was drawn"
        spent = sorted(timing.frame_ms for timing in self.timings)
        middle, late = spent[len(spent) // 2], spent[min(len(spent) * 99 // 100, len(spent) - 1)]
        frames = f"{self.frames} frames, {self.repeated} of them repeats"
        return f"{frames}; the last {len(spent)} took {middle:.1f} ms (median), {late:.1f} ms (99 %)"

    @property
    def latency_s(self) -> float:
        """Return how long the last frames took from their tick until the outputs had them: the median, in seconds."""
        spent = sorted(timing.frame_ms for timing in self.timings)
        return spent[len(spent) // 2] / 1e3 if spent else 0.0

    def _keep_time(self, tick: Tick) -> None:
        """Have the transport count on. Music does not stop for a frozen picture, nor for a stall."""
        values = self.store.snapshot["show"]
        self.transport.advance(tick.at, float(values["tempo"]), int(values["meter"]))
        tempo = self.transport.pop_tempo()
        if tempo is not None:
            self.store.set("show.tempo", tempo)

    def _prepare(self) -> None:
        for each in self.between:
            try:
                each(self._time, self.transport.moment.beat)
            # A cue that cannot be recalled must not end the show that plays it.
            except Exception as error:  # noqa: BLE001
                self._faults.tell("between two frames", error)

    def _draw(self, tick: Tick) -> None:
        """Put the newest picture into `_picture`; leave the last one there while none comes."""
        values = self.store.snapshot
        dt = 0.0 if values["master"]["freeze"] else tick.dt
        self._time += dt
        self._owed_dt += dt
        timeout_s = None if self.clock.offline else 0.0
        self._seen = not self.render.busy
        if self._seen:
            moment = self.transport.moment
            frame = Frame(tick.index, self._time, self._owed_dt, moment.beat, values, moment.bar)
            self.render.submit(frame, tuple(self._events))
            self._events, self._owed_dt = [], 0.0
            timeout_s = None if self.clock.offline else PATIENCE_S
        self._keep(self.render.take(timeout_s))

    def _keep(self, outcome: Outcome | None) -> None:
        """Take a picture over, or say why the last one is shown again."""
        if outcome is not None and outcome.picture is not None:
            self._picture, self._synthesis_s = outcome.picture, outcome.synthesis_s
            if self._told:
                log.warning("a picture again, after %d frames without", self._in_a_row)
            self._in_a_row, self._told = 0, False
            return
        self.repeated += 1
        self._in_a_row += 1
        if outcome is None:
            self._told = self._in_a_row / self.clock.fps >= SILENCE_S
            if self._told:
                late = TimeoutError("no picture comes; the last one stays and the master works")
                self._faults.tell("drawing", late, trace=False)
        else:
            self._told = True
            self._faults.tell("drawing", outcome.error or RuntimeError("neither picture nor error"))

    def _show(self, picture: Picture, at: float) -> None:
        for output in list(self.outputs):
            try:
                output.show(picture, at)
            # A driver or a disk may raise anything; that output ends and the rest go on.
            except Exception as error:  # noqa: BLE001
                self._drop(output, error)
        if not self.outputs:
            raise OutputError("no output is left; the lines above say what failed")

    def _drop(self, output: Output, error: Exception) -> None:
        log.error("%s is closed: %s", output.name, error, exc_info=None if isinstance(error, OutputError) else error)
        self.outputs.remove(output)
        self.closed.append(output.name)
        try:
            output.close()
        except Exception as closing:  # noqa: BLE001 - it has failed already; what it says now is only logged
            log.error("%s did not close cleanly: %s", output.name, closing)


def _unmarked(picture: Picture) -> Picture:
    return picture
