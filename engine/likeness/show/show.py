"""Builds a show from a preset and options: the one module that knows all the parts."""

import gc
import logging
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

import torch
from torch import Tensor

from likeness import master
from likeness.audio.features import SILENCE
from likeness.audio.open_audio import open_audio
from likeness.cues.cues import Cues
from likeness.errors import ParamError
from likeness.generator import Generator
from likeness.generators.devices import choose_device
from likeness.host.budget import Budget
from likeness.host.host import Host
from likeness.inputs.link import LinkSession
from likeness.inputs.midi.cue_pads import CuePadActions
from likeness.options import DEFAULT_FPS, Options
from likeness.outputs.open_outputs import open_outputs
from likeness.parameters.modulation import Modulation
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.params import Trigger
from likeness.paths import DEFAULT_WEIGHTS
from likeness.ranges import parse_size
from likeness.show.camera import CameraStage
from likeness.show.clock import FixedClock, RealClock
from likeness.show.controls import Controls
from likeness.show.file_watcher import FileWatcher, follow_weights
from likeness.show.generator_swap import GeneratorSwap
from likeness.show.load_rack import declare_show_params, load_rack
from likeness.show.loop import Loop
from likeness.show.modulation_commands import modulation_commands
from likeness.show.open_weights import open_weights
from likeness.show.preset_commands import PresetCommands
from likeness.show.rack_editor import RackEditor
from likeness.show.renderer import Renderer, RenderThread
from likeness.show.signals import stop_on_signals
from likeness.show.status import status
from likeness.show.tempo_commands import tempo_commands
from likeness.stage import Stage
from likeness.tempo.midi_clock import ClockListener
from likeness.tempo.transport import Transport

log = logging.getLogger(__name__)

# A hung plugin or generator is left behind after this long at the end.
PARTING_S = 2.0


class Show:
    """A show that is ready to run. Use it as a context manager: leaving it closes everything that was opened.

    Args:
        preset: what it is made of.
        options: of the command line.
        face: the latent `[num_ws, w_dim]` at which a show that is taken up again stood; what no longer fits of such a
            show's values is left out instead of ending it.
    """

    def __init__(self, preset: Preset, options: Options, face: Tensor | None = None) -> None:
        weights = options.weights or preset.show.weights
        # What is saved of this show, as a preset or against a crash, names the weights that it plays.
        heads = options.heads or preset.show.heads or 1
        preset = preset.model_copy(update={"show": preset.show.model_copy(update={"weights": weights, "heads": heads})})
        self.preset, self.options, self.heads = preset, options, heads
        self.fps = options.fps or preset.show.fps or DEFAULT_FPS
        self.frames = None if options.seconds is None else max(1, round(options.seconds * self.fps))
        self.seed = next(seed for seed in (options.seed, preset.show.seed, 0) if seed is not None)
        self.store = ParamStore()
        midi_clock = ClockListener()
        self.transport = Transport([midi_clock])
        self.heard = SILENCE
        self.watching: CameraStage | None = None
        self.host = Host(self.store)
        self.modulation = Modulation(self.seed, press=self._press, is_trigger=self._is_trigger)
        self.desk = PresetCommands(self.store, self.host, preset, self.seed, self.modulation)
        commands = {**self.desk.commands, **master.commands(self.store, lambda: self.memory.cancel_waiting())}
        commands |= tempo_commands(self.transport, self.store, lambda: self.heard.tempo)
        commands |= modulation_commands(self.modulation, self.store)
        self.workshop = RackEditor(self.store, self.host, options.plugins)
        self.exchange = GeneratorSwap(self.host, self.workshop, self.desk.record_weights)
        commands |= {**self.workshop.commands, **self.exchange.commands}
        saved = self.desk.current_preset if options.autosave else None
        self.memory = Cues(
            self.store,
            self.host,
            lambda: self.transport.moment,
            lambda: self.loop.latency_s,
            current_preset=saved,
            modulation=self.modulation,
        )
        commands |= self.memory.commands
        self.controls = Controls(
            self.store,
            options,
            commands=commands,
            questions={"/rack/list": self.workshop.list_rack, **self.exchange.questions},
            quit_show=self.quit,
            program=self.desk.change_program if preset.show.programs else self.memory.cues.change_program,
            clock=midi_clock,
            status=self.status,
            pads=CuePadActions(self.memory.cues.press_pad, self.memory.cues.set_arm, self.memory.cues.pad_state),
        )
        self._closers: list[Callable[[], object]] = [self.controls.close, self.transport.close, self.memory.close]
        try:
            self._build(face)
        except BaseException:
            self.close()
            raise

    def _build(self, face: Tensor | None) -> None:
        options, show = self.options, self.preset.show
        declare_show_params(self.store)
        self._left_out = load_rack(self.host, show.plugins, options.plugins)
        self._set_values(strict=face is None)
        size = options.size or (parse_size(show.size) if show.size else None)
        device = choose_device(options.device)
        # The picture's thread may use all cores but one: capture, window, sound and encoder live on that.
        torch.set_num_threads(max(1, (os.cpu_count() or 1) - 1))
        weights = options.weights or show.weights or DEFAULT_WEIGHTS
        height = min(size) if size else None

        def opening(name: str) -> Generator:
            return open_weights(self.host, name, device, height, options.backend, options.precision)

        stage = Stage(opening(weights), self.store, device, self.seed, self.heads, offline=options.offline)
        renderer = Renderer(stage, self.host, self.fps)
        renderer.start()
        self._closers.append(renderer.stop)
        render = RenderThread(renderer.draw)
        self._closers.append(lambda: render.close(PARTING_S))
        self._open_workshop(stage, render)
        self.exchange.open(renderer, weights, opening)
        self._closers.append(self.exchange.close)
        if options.follow:
            self._closers.append(follow_weights(weights, self.exchange.load).close)
        clock = FixedClock(self.fps) if options.offline else RealClock(self.fps)
        side = stage.generator.info.resolution
        width, head_height = size or (side, side)
        whole = width * self.heads, head_height
        self.loop = Loop(clock, self.store, render, [], whole, transport=self.transport)
        self.listener = open_audio(options.audio, options.offline)
        self._closers.append(self.listener.close)
        if options.camera:
            self.watching = watching = CameraStage(options.camera, self.store, lambda: render.busy)
            self._closers.append(watching.close)
            self.loop.between.append(watching.between)
            self.loop.mark = watching.mark
        if options.link:
            self.transport.add_source(LinkSession(float(self.store.snapshot["show"]["tempo"])))
        self.loop.between += [self.controls.between, self._modulate]
        self.loop.outputs += open_outputs(
            options,
            self.fps,
            size,
            self.heads,
            self.preset.title or "likeness",
            self.controls.keyboard.press,
            self.quit,
        )
        self.loop.between.append(self.memory.advance)
        if face is not None:
            self.memory.resume(face)
        defaults = [entry for entry in self.preset.midi if self._plays(entry.param)]
        self.controls.open(defaults, options.takeover or show.takeover or "soft")
        if not options.offline:
            # The collector looks through all that torch has made, 130 ms in which no thread draws, as soon as enough
            # messages have come in. What is there by now stays to the end anyway: it need not be looked at.
            gc.collect()
            gc.freeze()
            self._closers.append(gc.unfreeze)

    def _open_workshop(self, stage: Stage, render: RenderThread) -> None:
        """Let the rack change while it plays, and hold plugins to the time of a frame where time counts."""
        self.workshop.open(stage, lambda: render.busy)
        self._closers.append(self.workshop.close)
        if not self.options.offline:
            self.host.budget = Budget(1e3 / self.fps)
        if self.options.watch:
            watch = FileWatcher(self.host.files, self.workshop.reload)
            watch.start()
            self._closers.append(watch.close)

    def _set_values(self, *, strict: bool) -> None:
        """Apply preset and `--set`, the latter last. Where `strict`, what does not fit ends the show in one line."""
        wanted = {**self.preset.flat_values(), **self.options.settings}
        refused = self.store.recall({address: value for address, value in wanted.items() if self._plays(address)})
        if refused and strict:
            raise ParamError(refused[0])
        for line in refused:
            log.warning("the last show: %s", line)
        for entry in self.preset.modulation:
            if self._plays(entry.param):
                self.store.param(entry.param)
        self.modulation.replace(self.preset.modulation)
        self.store.finish_glides()

    def _modulate(self, time: float, beat: float) -> None:
        """Move parameters on, between two frames."""
        self.heard = self.listener.features_at(self.transport.moment.at)
        self.store.set_modulation(self.modulation.advance(time, beat, self.heard))

    def _press(self, address: str) -> None:
        self.store.set(address, 1)

    def _is_trigger(self, address: str) -> bool | None:
        return isinstance(self.store.param(address), Trigger) if address in self.store else None

    def _plays(self, address: str) -> bool:
        """Whether the address belongs to no plugin that was left out; what is said of those says nothing wrong."""
        return address.partition(".")[0] not in self._left_out

    def run(self, progress: Callable[[int], None] = lambda frame: None) -> None:
        """Play to the end: the options' seconds, `quit`, SIGINT or SIGTERM. Call it on the main thread.

        Args:
            progress: called after each frame with the number of frames so far.
        """
        with stop_on_signals(self.quit):
            done = 0
            while not self.loop.stopping.is_set() and not self._over(done):
                self.loop.frame()
                done += 1
                progress(done)

    def _over(self, done: int) -> bool:
        """Whether the time is up: offline by counting frames, live by the clock, however many frames there were."""
        if self.options.seconds is None or self.frames is None:
            return False
        if self.options.offline:
            return done >= self.frames
        # The frame after this one would begin at the end, within half a frame.
        return done > 0 and self.loop.at >= self.options.seconds - 1.5 / self.fps

    @property
    def generator(self) -> Generator:
        """Return the generator that plays."""
        return self.workshop.stage.generator

    def status(self) -> dict[str, Any]:
        """Return the show's numbers of the moment, ready for `json.dumps`. Any thread."""
        seen = self.controls.counters()
        if self.watching:
            seen["camera"] = self.watching.state()
        return status(self.loop, self.host, seen)

    def quit(self) -> None:
        """End after the frame under way. From any thread."""
        self.loop.stopping.set()

    def close(self) -> None:
        """Close outputs, inputs and plugins; whatever fails to close does not keep the rest open."""
        outputs = list(self.loop.outputs) if hasattr(self, "loop") else []
        for close in (*(output.close for output in outputs), *reversed(self._closers)):
            try:
                close()
            # An encoder or a driver may raise anything while it closes, and the rest must still be closed.
            except Exception as error:  # noqa: BLE001
                log.error("did not close cleanly: %s", error)

    def __enter__(self) -> "Show":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
