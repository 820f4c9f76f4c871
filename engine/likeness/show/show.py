"""A show, built from a preset and options: the one module that knows all the parts."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from torch import Tensor

from likeness import master
from likeness.audio.features import AudioFeatures
from likeness.audio.open_audio import OFF
from likeness.cues.cues import Cues
from likeness.generator import Generator
from likeness.generators.devices import choose_device
from likeness.host.budget import Budget
from likeness.host.host import Host
from likeness.host.recursion_limit import keep_recursion_limit
from likeness.inputs.link import LinkSession
from likeness.inputs.midi.cue_pads import CuePadActions
from likeness.master import Master
from likeness.options import DEFAULT_FPS, Options, count_threads
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.ranges import parse_size
from likeness.show.audience import AudienceStage
from likeness.show.bug_report import describe_state, make_show_report
from likeness.show.camera import CameraStage
from likeness.show.controls import Controls
from likeness.show.desk_topics import describe_show
from likeness.show.file_watcher import open_watchers
from likeness.show.first_weights import open_first
from likeness.show.frame_stats import FrameStats
from likeness.show.garbage import exempt_from_collection
from likeness.show.generator_swap import GeneratorSwap
from likeness.show.governor import Governor
from likeness.show.health import open_health
from likeness.show.load_rack import declare_show_params, load_rack, plays, set_first_values
from likeness.show.loop import BeforeFrame, Loop
from likeness.show.make_stage import make_stage
from likeness.show.modulation_commands import modulation_commands
from likeness.show.modulation_stage import ModulationStage, make_modulation
from likeness.show.open_weights import open_weights
from likeness.show.preset_commands import PresetCommands, with_options
from likeness.show.preset_morph import PresetMorph
from likeness.show.priority import draw_first, playing_first, share_cores
from likeness.show.rack_editor import RackEditor
from likeness.show.renderer import Renderer, RenderThread
from likeness.show.screen import Screen
from likeness.show.shadow.following import Played
from likeness.show.shadow.stage import ShadowStage
from likeness.show.show_log import ShowLog
from likeness.show.signals import close_cleanly, stop_on_signals
from likeness.show.status import ShowStatus
from likeness.show.takes.reader import Take, first_drawn
from likeness.show.takes.recorder import make_header
from likeness.show.takes.stage import TakeStage
from likeness.show.tempo_commands import tempo_commands
from likeness.tempo.midi_clock import ClockListener
from likeness.tempo.transport import Transport
from likeness.web.log_lines import LogLines

if TYPE_CHECKING:
    from likeness.web.server import WebServer

# At the end a hung plugin or generator is left behind after this many seconds.
PARTING_S = 2.0


class Show(AbstractContextManager["Show"]):
    """A show that is ready to run. Use it as a context manager: leaving it closes everything that was opened.

    It is built bottom-up: the store and what lives in it, the rack, the generator and its render thread, what edits
    the rack, what comes in and goes out, and last the loop, which knows them all. What fails half-way closes what was
    opened and is raised.

    Threads: the one that calls `run` is the show's; it alone advances the store, the cues, the modulation and the
    outputs. The render thread draws and calls the plugins. OSC, OSCQuery, MIDI, audio, camera, the rack editor, the
    generator swap, file watchers and writers have threads of their own and reach the show through the store's inbox.

    Args:
        preset: of the show.
        options: of the command line.
        face: the latent `[num_ws, w_dim]` at which a show that is resumed stood; of such a show, values that no
            longer fit are left out instead of ending it.
        take: is played into the show; or what another machine plays, which is followed unseen until that is silent.
    """

    def __init__(self, preset: Preset, options: Options, face: Tensor | None = None, take: Played = None) -> None:
        self.preset = preset = with_options(preset, options)
        self.options, self.heads = options, preset.show.heads or 1
        self.fps = options.fps or preset.show.fps or DEFAULT_FPS
        self.strict = bool(preset.show.strict if options.strict is None else options.strict)
        self.frames = None if options.seconds is None else max(1, round(options.seconds * self.fps))
        self.seed = next(seed for seed in (options.seed, preset.show.seed, 0) if seed is not None)
        self._stopping = threading.Event()
        with ExitStack() as opened:
            self._build(opened, face, take)
            self._opened = opened.pop_all()

    def _build(self, opened: ExitStack, face: Tensor | None, take: Played) -> None:
        """Make the parts, each from those above it; `opened` closes them in reverse order."""
        options, show = self.options, self.preset.show
        # What is logged from here on, for pages and reports, and on disk for those after a crash.
        kept = opened.enter_context(ShowLog(self.preset.name, kept=options.autosave and not options.offline))
        self.log_lines = LogLines()
        self.log_lines.open()
        opened.callback(close_cleanly, self.log_lines.close)
        # The state: parameters, tempo, modulation, cues.
        store = self.store = ParamStore(fatal=options.offline and not options.keep_going)
        stats, midi_clock, fader = FrameStats(), ClockListener(), Master(journal=store.journal)
        takes = self.takes = TakeStage(take, store, lambda: clock.at)
        shadow = self.shadow = ShadowStage(take, options, store)
        transport = self.transport = Transport([*shadow.beats, *takes.beats, midi_clock])
        opened.callback(close_cleanly, transport.close)
        host = self.host = Host(store, None if options.offline else Budget(1e3 / self.fps))
        modulation = self.modulation = make_modulation(self.seed, store)
        morph = self.preset_morph = PresetMorph(store)
        presets = self.preset_commands = PresetCommands(store, host, self.preset, self.seed, modulation)
        cues = self.cues = Cues(
            store,
            host,
            lambda: transport.moment,
            lambda: stats.latency_s,
            current_preset=presets.current_preset if options.autosave else None,
            modulation=modulation,
            # A render has nobody to show them to. The loop is made last, and asks for nothing before its first frame.
            newest=(lambda: None) if options.offline else lambda: self.loop.drawn,
            seen=(lambda: None) if options.offline else lambda: self.loop.seen,
        )
        opened.callback(close_cleanly, cues.close)
        opened.callback(host.state.end)
        opened.enter_context(keep_recursion_limit())
        declare_show_params(store)
        failed = load_rack(host, show.plugins, options.plugins, strict=face is None)
        set_first_values(store, modulation, self.preset, options, failed, strict=face is None)
        fader.begin(store.snapshot["master"])
        # The generator, and the thread that draws with it.
        device, size = choose_device(options.device), options.size or (parse_size(show.size) if show.size else None)
        share_cores(count_threads(options))
        open_generator = partial(open_weights, host, options, device=device, size=size, heads=self.heads)
        self.first_weights, generator = open_first(
            show.weights, open_generator, self.heads, presets.record_weights, measured=options.measured, size=size
        )
        audience = self.audience = AudienceStage(options, store)
        opened.callback(close_cleanly, audience.close)
        stage = make_stage(
            generator, store, options, audience, device=device, seed=self.seed, heads=self.heads, again=take is not None
        )
        renderer = self.renderer = Renderer(stage, host, self.fps, with_alpha=options.alpha)
        renderer.first_drawn = first_drawn(take, options.begin, self.fps) if isinstance(take, Take) else 0
        renderer.start()
        opened.callback(close_cleanly, renderer.stop)
        render = RenderThread(renderer.draw, host.leave_hung, draw_first if not options.offline else None)
        opened.callback(close_cleanly, lambda: render.close(PARTING_S))
        # What changes the rack and the generator while they play.
        editor = self.rack_editor = RackEditor(store, host, stage, render.claim, options.plugins, failed)
        opened.callback(close_cleanly, editor.close)
        takes.follow_rack(host, editor)
        swap = self.generator_swap = GeneratorSwap(
            host, editor, renderer, self.first_weights.name, open_generator, presets.record_weights
        )
        opened.callback(close_cleanly, swap.close)
        open_watchers(opened, options, (host.files, editor.reload), (swap.name, swap.load))
        # What comes in, and where the pictures go.
        clock = shadow.make_clock(self.fps)
        audio = stage.sound.connect(takes.open_audio(options, lambda: clock.began))
        opened.callback(close_cleanly, audio.close)
        moving = self._modulation_stage = ModulationStage(store, modulation, transport, audio, stage.signals)
        camera = self.camera = CameraStage(options.camera, store, lambda: render.behind, clock)
        opened.callback(close_cleanly, camera.close)
        if options.link:
            transport.add_source(LinkSession(float(store.snapshot["show"]["tempo"])))
        screen = Screen(
            self.preset, options, self.fps, size, store, self.quit, lambda: self._status.state_line(), audio, camera
        )
        outputs, self.overlay = screen.outputs, screen.overlay
        opened.callback(outputs.close)
        self._status = ShowStatus(self.fps, stats, store, transport, fader, outputs, host, lambda: clock.fps)
        if face is not None:
            cues.resume(face)
        controls = self.controls = Controls(
            store,
            options,
            screen.keyboard,
            commands={
                **presets.commands,
                **master.commands(store, cues.cancel_waiting),
                **tempo_commands(transport, store, lambda: moving.heard.tempo),
                **modulation_commands(modulation, store),
                **editor.commands,
                **swap.commands,
                **cues.commands,
            },
            questions={**editor.questions, **swap.questions, **morph.questions},
            program=presets.change_program if show.programs else cues.cues.change_program,
            defaults=[entry for entry in self.preset.midi if plays(entry.param, failed)],
            channels=self.preset.dmx,
            takeover=options.takeover or show.takeover or "soft",
            clock=midi_clock,
            status=lambda inputs: self._status.numbers({**inputs, **self._count_others()}),
            pads=CuePadActions(cues.cues.press_pad, cues.cues.set_arm, cues.cues.pad_state),
        )
        opened.callback(close_cleanly, controls.close)
        header = partial(make_header, presets.current_preset, options, self.fps, size, host, self.first_weights.name)
        takes.record(options, header, transport, stats, moving.note_heard)
        opened.callback(close_cleanly, takes.close)
        # The loop, and the desk from which it is played.
        width, head_height = size or (generator.info.resolution,) * 2
        self.loop = Loop(
            clock,
            store,
            render,
            outputs,
            (width * self.heads, head_height),
            before=shadow.add_to(
                takes.add_to(BeforeFrame(camera.advance, controls.advance, moving.advance, morph.advance, cues.advance))
            ),
            mark=camera.mark,
            master=fader,
            transport=transport,
            stats=stats,
            governor=None if options.offline else Governor(self.fps, strict=self.strict),
            begin=options.begin,
        )
        parts = (transport, renderer, modulation, morph)
        takes.listeners.append(shadow.connect(self.loop, *parts, header, self.stop))
        described = (store, host, modulation, presets, morph, editor, swap, camera, audience, controls)
        info, heard, listening = lambda: self.generator.info, lambda: self.heard, options.audio != OFF
        self.topics = describe_show(*described, info, heard, listening=listening, watching=options.watch)
        self.health = open_health(opened, self.loop, host, self.status, live=not options.offline)
        self.web = self._open_web(opened) if options.web_port and not options.offline else None
        opened.callback(close_cleanly, shadow.close)
        kept.describe = self.describe
        if not options.offline:
            opened.callback(exempt_from_collection())

    def _open_web(self, opened: ExitStack) -> "WebServer":
        # Its libraries take a fifth of a second to import, which a show without it need not wait for.
        from likeness.show.desk import DeskParts, open_desk

        title = self.preset.title or "likeness"
        show = (self.store, self.host, title, self.controls, self.cues, self.loop, self.topics)
        parts = DeskParts(*show, self.log_lines, self.report, self.health.answer, self.shadow.sender)
        return open_desk(opened, self.options, parts, self.overlay)

    def run(self, progress: Callable[[int], None] = lambda frame: None) -> None:
        """Play to the end: the options' seconds, `quit`, SIGINT or SIGTERM. Call it on the main thread.

        Args:
            progress: called after each frame with the number of frames so far.
        """
        with stop_on_signals(self.stop), playing_first(live=not self.options.offline):
            done = 0
            while not self._stopping.is_set() and not self._over(done):
                self.loop.frame()
                done += 1
                progress(done)
            # Its seconds are over, unless somebody stopped it.
            self.shadow.over |= not self._stopping.is_set()

    def _over(self, done: int) -> bool:
        """Return whether the time is up: offline by counting frames, live by the clock however many there were."""
        if self.options.seconds is None or self.frames is None:
            return False
        if self.options.offline:
            return done >= self.frames
        # The frame after this one would begin at the end, within half a frame.
        stats = self.loop.stats
        return done > 0 and stats.at - stats.began_at >= self.options.seconds - 1.5 / self.loop.clock.fps

    @property
    def heard(self) -> AudioFeatures:
        """Return what the audio input heard for the newest frame."""
        return self._modulation_stage.heard

    @property
    def generator(self) -> Generator:
        """Return the generator that plays."""
        return self.rack_editor.stage.generator

    def status(self) -> dict[str, Any]:
        """Return the show's numbers, ready for `json.dumps`. Any thread."""
        return self._status.numbers({**self.controls.counters(), **self._count_others()})

    def _count_others(self) -> dict[str, Any]:
        return {**self.camera.counters(), **self.audience.counters(), **self.shadow.counters()}

    def report(self) -> bytes:
        """Return a zip for a bug report; nothing of anybody is in it. Any thread; it takes a while."""
        rack, (lines, _) = self.topics["rack"][0](), self.log_lines.read()
        stats, stage = self.loop.stats, self.rack_editor.stage
        return make_show_report(stage, self.preset_commands, stats, self.status(), rack, lines)

    def describe(self) -> dict[str, Any]:
        """Return what is kept of the show for a report once it is gone, ready for `json.dumps`. Any thread."""
        port, editor = self.web.port if self.web else 0, self.rack_editor
        return describe_state(editor.stage, self.host, editor.errors, self.status(), port)

    def quit(self) -> None:
        """End after the current frame: the show is over, here and on a machine that follows it. Any thread."""
        self.shadow.over = True
        self.stop()

    def stop(self) -> None:
        """End after the current frame; a machine that follows this one plays on. Any thread."""
        self._stopping.set()

    def close(self) -> None:
        """Close inputs, outputs and plugins; what fails to close keeps no other open. Safe to call twice."""
        self._opened.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # With the error, which the log keeps.
        self._opened.__exit__(kind, error, trace)
