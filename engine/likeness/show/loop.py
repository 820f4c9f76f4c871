"""The life of one frame: tick, take what came in, draw, master, out. Read this first."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter, thread_time
from typing import get_args

from likeness.easing import ROUNDING
from likeness.errors.fault_log import Faults
from likeness.events import Event, Forget, HeldNotes, LatentCommand, Recall
from likeness.frame import Frame
from likeness.master import Master
from likeness.outputs.group import OutputGroup
from likeness.parameters.store import ParamStore
from likeness.params import Choice, Float, Int
from likeness.picture import Drawn, Picture, black
from likeness.ranges import HANG, METER, PSI, TEMPO, Fit
from likeness.show.clock import Clock, Tick
from likeness.show.frame_stats import FrameStats, Timing
from likeness.show.governor import FrameWork, Governor
from likeness.show.renderer import Outcome, RenderThread
from likeness.tempo.transport import Transport

log = logging.getLogger(__name__)

PARAMS = (
    Float(
        "psi", 0.8, min=PSI.low, max=PSI.high, glide=0.05, help="Truncation: 0 is the mean face, above 1 is caricature."
    ),
    Float("tempo", 120.0, min=TEMPO.low, max=TEMPO.high, unit=TEMPO.unit, help="How fast beats pass."),
    Int("meter", 4, min=int(METER.low), max=int(METER.high), unit=METER.unit, help="How many beats a bar has."),
    Float("hang", 0.8, min=HANG.low, max=HANG.high, unit=HANG.unit, help="A plugin that takes longer is left behind."),
    Choice("fit", "contain", get_args(Fit), help="How a picture fills a frame of another shape."),
)
# A frame that takes longer than this is not waited for: the last picture is shown again and the master still works.
# Below it the loop goes in step with the generator, which is faster for one that needs two frame times.
PATIENCE_S = 0.1
# Nor one that takes longer than so many frames, where those are long: a picture that is a little late at 12 frames a
# second would cost its whole frame. The next frame is the shorter for it.
PATIENCE_FRAMES = 1.5
# What is still being drawn as a frame begins is waited for so long, of the time between two frames.
WAITED_SHARE = 0.9
# A picture that takes longer than this, and with the outputs longer than a frame, is shown while the next one is drawn
# already: on two busy cores a window of 1920x1080 took 26 ms. What is faster is in step with the hand.
OVERLAP_S = 0.05
# Of a frame's time, down to which it stays so; and of how many pictures the medians are taken.
OVERLAP_KEPT, JUDGED = 0.8, 9
# A generator that is merely slow is not worth a line; one that is silent for this long is.
SILENCE_S = 0.5

StageCall = Callable[[float, float], None]


def _skip(time: float, beat: float) -> None:
    pass


def _unmarked(picture: Picture) -> Picture:
    return picture


@dataclass(frozen=True)
class BeforeFrame:
    """What is called before a frame takes the store's inbox, in this order.

    Each is called on the show's thread with the show's time so far, in seconds, and the beat of the frame that begins.
    What it leaves in the inbox lands in that frame.

    Args:
        camera: posts the camera's newest picture for the plugins.
        controls: applies the OSC messages of a flood, which the OSC thread only collects.
        modulation: sets how far LFOs, steps and sound move the parameters.
        morph: follows the fader between two presets.
        cues: follows the history fader, begins a recall whose beat has come, saves against a crash.
        take: leaves in the inbox what the take that is played did in this frame; called before all others.
        record: called once the inbox is taken, with what the frame took in the store's journal.
    """

    camera: StageCall = _skip
    controls: StageCall = _skip
    modulation: StageCall = _skip
    morph: StageCall = _skip
    cues: StageCall = _skip
    take: StageCall = _skip
    record: StageCall = _skip


class Loop:
    """Runs a show frame by frame, on the thread that calls `frame`: the main thread, since windows belong to it.

    Every frame ends with a picture on the outputs, also where the render thread hangs or fails: then the last picture
    is shown again, and tempo, parameters and master work on. It owns the show's time, the newest picture and the
    events that no plugin has seen yet. What goes wrong in a stage before the frame, while drawing or in one of several
    outputs is logged and counted; only the loss of the last output ends the show.

    Args:
        clock: paces the frames.
        store: every parameter; `frame` alone calls its `advance`.
        render: draws beside this thread.
        outputs: get each finished picture.
        size: width and height in px of the black picture that is shown before the first one is drawn.
        before: what is called before each frame takes the inbox.
        mark: draws the camera mark over the finished picture, so that no plugin can hide it.
        master: freeze, blackout and brightness.
        transport: tempo and beat.
        stats: what is counted, for whoever reads it on another thread.
        governor: sets the clock's rate to one that the machine holds; None for the clock's own.
        begin: seconds before which a render gives files no picture.

    Attributes:
        time: of the show, in seconds; it stands still while the picture is frozen. The show's thread.
    """

    def __init__(
        self,
        clock: Clock,
        store: ParamStore,
        render: RenderThread,
        outputs: OutputGroup,
        size: tuple[int, int],
        *,
        before: BeforeFrame | None = None,
        mark: Callable[[Picture], Picture] = _unmarked,
        master: Master | None = None,
        transport: Transport | None = None,
        stats: FrameStats | None = None,
        governor: Governor | None = None,
        begin: float = 0.0,
    ) -> None:
        self.clock, self.store, self.render, self.outputs = clock, store, render, outputs
        self.master = master or Master()
        self.transport = transport or Transport()
        self.stats = stats or FrameStats()
        self._before, self._mark, self._governor = before or BeforeFrame(), mark, governor
        store.on_toggle("master.blackout", self.master.press)
        self._held_notes, self._begin = HeldNotes(), begin
        self._faults = Faults(log, fatal=store.fatal)
        self._drawn: Drawn | None = None
        self._seen_drawn: Drawn | None = None
        self._shown = self._black = black(*size)
        # How much of the show's time no picture has shown yet.
        self.time = self._owed_dt = 0.0
        self._events: list[Event | LatentCommand] = []
        # Whether the frame before reached the plugins.
        self._seen = True
        # Whether somebody is to be forgotten whom the newest picture may show, and whether the next is without them.
        self._forgetting = self._drawn_without = False
        # Of the last new picture, and the seconds of a processor that this thread worked for it.
        self._synthesis_s = self._draw_s = self._own_s = 0.0
        # Those that it had worked when that was shown.
        self._worked_s = thread_time()
        # What drawing and outputs took for the last new pictures, waiting for a display included.
        self._draws_s: deque[float] = deque(maxlen=JUDGED)
        self._outputs_s: deque[float] = deque([0.0], maxlen=JUDGED)
        self._overlaps = False
        self._repeats_in_a_row = 0
        self._reported_silence = False

    def frame(self) -> None:
        """Run one frame.

        Raises:
            OutputError: where the last output failed: there is nobody left to play to.
        """
        tick = self.clock.tick()
        began = perf_counter()
        self._keep_time(tick)
        self._run_stages()
        # Presses that no plugin has seen yet, because the frame before is still being drawn, add up.
        events = self._held_notes.add_releases(self.store.advance(tick.dt, seen=self._seen))
        self._events += events
        self._run_stage("the take", self._before.record)
        if any(isinstance(event, Forget) for event in events):
            self._forgetting, self._drawn_without = True, False
        forgetting = self._forgetting
        self._draw(tick)
        if forgetting:
            # In each frame until there is a picture without them: one from before must not be frozen anew.
            self.master.forget()
        finished = perf_counter()
        picture = self.master.apply(self.picture, self.store.snapshot["master"], tick.at - self.stats.at)
        if self._drawn is not None and self.master.held is self._drawn.picture:
            self._seen_drawn = self._drawn
        self._shown = self._mark(picture)
        # A render has every frame, also one that could not be drawn.
        alpha = None if self._drawn is None else self._drawn.alpha
        drawn = tick.at >= self._begin - ROUNDING if self.clock.offline else self._drawn is not None
        self.outputs.show(self._shown, tick.at, drawn=drawn, alpha=alpha)
        if self.stats.shown == 0:
            self.stats.began_at = tick.at
        self.stats.frames, self.stats.shown, self.stats.at = tick.index + 1, self.stats.shown + 1, tick.at
        if self._repeats_in_a_row == 0:
            self.stats.drawn_at = tick.at
        self.stats.timings.append(Timing((perf_counter() - began) * 1e3, self._synthesis_s * 1e3, tick.at))
        if self._repeats_in_a_row == 0:
            self._outputs_s.append(perf_counter() - finished)
            before, self._worked_s = self._worked_s, thread_time()
            self._own_s = self._worked_s - before
        if self._governor is not None and not self.outputs.held_back:
            self._govern(self._governor, cue=any(isinstance(event, Recall) for event in events))

    @property
    def picture(self) -> Picture:
        """Return the newest picture, before the master; black until one is drawn."""
        drawn = self._drawn
        return drawn.picture if drawn else self._black

    @property
    def drawn(self) -> Drawn | None:
        """Return the newest picture with its time, before the master; None until one is drawn. Any thread."""
        return self._drawn

    @property
    def seen(self) -> Drawn | None:
        """Return the picture that is seen, before it is dimmed: the newest, or the frozen one. Any thread."""
        return self._seen_drawn

    @property
    def shown(self) -> Picture:
        """Return the picture that the outputs got last. Any thread; another array is another picture."""
        return self._shown

    def _keep_time(self, tick: Tick) -> None:
        """Count the beat on. Music does not stop for a frozen picture, nor for a stall."""
        values = self.store.snapshot["show"]
        self.transport.advance(tick.at, float(values["tempo"]), int(values["meter"]))
        tempo = self.transport.pop_tempo()
        if tempo is not None:
            # A take holds the beat itself, and this follows from it.
            self.store.run(self.store.journal.derive(self.store.prepare("show.tempo", tempo)[0]))

    def _run_stages(self) -> None:
        """Call what happens before the inbox is taken, in the order of `BeforeFrame`."""
        self._run_stage("the take", self._before.take)
        self._run_stage("camera", self._before.camera)
        self._run_stage("controls", self._before.controls)
        self._run_stage("modulation", self._before.modulation)
        self._run_stage("morph", self._before.morph)
        self._run_stage("cues", self._before.cues)

    def _run_stage(self, name: str, call: StageCall) -> None:
        try:
            call(self.time, self.transport.moment.beat)
        # A cue that cannot be recalled must not end the show that plays it.
        except Exception as error:  # noqa: BLE001
            self._faults.tell(f"{name} between two frames", error)

    def _draw(self, tick: Tick) -> None:
        """Put the newest picture into `_drawn`; leave the last one there while none comes."""
        values = self.store.snapshot
        dt = 0.0 if values["master"]["freeze"] else tick.dt
        self.time += dt
        self._owed_dt += dt
        # The bypass of a plugin that was left behind takes effect in the next frame, which is the first to be drawn.
        hung = not self.clock.offline and self.render.replace_hung(float(values["show"]["hang"]))
        late, without = None, self._drawn_without
        if self.render.busy:
            late = self.render.wait(WAITED_SHARE / self.clock.fps)
        overlaps = late is None or (self._judge_overlap(late) and not self.render.claimed)
        self._seen = not self.render.busy and not hung and overlaps
        if self._seen:
            moment = self.transport.moment
            frame = Frame(tick.index, self.time, self._owed_dt, moment.beat, values, moment.bar, tick.at)
            self.render.submit(frame, tuple(self._events))
            self._events, self._owed_dt = [], 0.0
            self._drawn_without = self._forgetting
        if late is None and self._seen:
            without = self._drawn_without
            patience_s = 0.0 if self._overlaps else max(PATIENCE_S, PATIENCE_FRAMES / self.clock.fps)
            late = self.render.wait(None if self.clock.offline else patience_s)
            self._judge_overlap(late)
        if without and late is not None and late.drawn is not None:
            self._forgetting = self._drawn_without = False
        self._take_picture(late)

    def _judge_overlap(self, outcome: Outcome | None) -> bool:
        """Return whether the next picture is better drawn while that of `outcome` is shown.

        Hand to picture is then a frame longer, and there are more pictures by the time that the outputs take. One
        picture that is slower or faster than the others changes nothing: to begin costs a repeat.
        """
        if outcome is not None and outcome.drawn is not None:
            self._draws_s.append(outcome.draw_s)
            drawn_s = median(self._draws_s)
            allowed_s = (OVERLAP_KEPT if self._overlaps else 1.0) / self.clock.fps
            self._overlaps = drawn_s > OVERLAP_S and drawn_s + median(self._outputs_s) > allowed_s
        return self._overlaps

    def _govern(self, governor: Governor, *, cue: bool) -> None:
        """Tell the governor of a new picture, and take its rate over where a bar or a cue begins."""
        moment = self.transport.moment
        if self._repeats_in_a_row == 0:
            governor.add(FrameWork(moment.at, self._draw_s, self._own_s))
        if governor.step(moment, cue=cue):
            self.clock.fps = governor.fps

    def _take_picture(self, outcome: Outcome | None) -> None:
        """Take the picture over, or say why the last one is shown again."""
        if outcome is not None and outcome.drawn is not None:
            self._drawn, self._synthesis_s, self._draw_s = outcome.drawn, outcome.synthesis_s, outcome.draw_s
            if self._reported_silence:
                log.warning("a picture again, after %d frames without", self._repeats_in_a_row)
            self._repeats_in_a_row, self._reported_silence = 0, False
            return
        self.stats.repeated += 1
        self._repeats_in_a_row += 1
        if outcome is None:
            if self._repeats_in_a_row / self.clock.fps >= SILENCE_S:
                words = "no picture for half a second; the last one stays and the master works"
                # The end is told where the beginning was, so that a slow machine fills no log.
                self._reported_silence = self._faults.warn("silence", words) or self._reported_silence
        else:
            self._reported_silence = True
            self._faults.tell("drawing", outcome.error or RuntimeError("neither picture nor error"))
