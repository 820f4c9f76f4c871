"""Renderer and render thread: from a frame's values to its picture, where a hang cannot stop the show."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np
import torch
from torch import Tensor

from likeness.cues.latent_history import LatentHistory
from likeness.cues.latent_stage import LatentStage
from likeness.errors import OutputError
from likeness.errors.fault_log import Faults
from likeness.events import Event, LatentCommand, Recall
from likeness.frame import Frame
from likeness.generator import BendableGenerator, Bends, SilhouetteGenerator
from likeness.generators.readback import ReadBack
from likeness.host.call_watch import LeftBehind
from likeness.host.host import Host
from likeness.latent import truncate
from likeness.picture import Alpha, Drawn, black, side_by_side, to_levels
from likeness.show.generator_fade import GeneratorFade
from likeness.stage import Stage
from likeness.toolkit.priority import lower_thread

log = logging.getLogger(__name__)

# A hung plugin is left behind only after the show's thread has waited this often for the frame.
MIN_WAITS = 3
SWITCH_S = 0.0005

Orders = SimpleQueue["tuple[Frame, tuple[Event | LatentCommand, ...]] | None"]


@dataclass(frozen=True)
class Outcome:
    """The result of one frame.

    Args:
        drawn: the picture; None where it failed.
        error: what failed, or None.
        synthesis_s: seconds spent in `synthesize`.
        draw_s: seconds spent on all of it.
    """

    drawn: Drawn | None
    error: BaseException | None
    synthesis_s: float
    draw_s: float = 0.0


@dataclass(frozen=True)
class RenderScene:
    """What changes with the generator: the stage, the base latents `[heads, num_ws, w_dim]` and the latent stage."""

    stage: Stage
    base: Tensor
    latents: LatentStage


class Renderer:
    """Draws one frame: base latent, plugins, cues, truncation, synthesis, plugins, bytes.

    Args:
        stage, host: of the show.
        fps: frames a second that the history keeps.
        with_alpha: draw the person's silhouette too.

    Raises:
        OutputError: `with_alpha`, and the generator draws none.

    Attributes:
        latents: the latent stage after the plugins: cues and history.
        first_drawn: number of the frame before which nothing is drawn, though all moves on.
        find_instead: returns, by a frame's number, latents `[heads, num_ws, w_dim]` that are shown in the place of the
            plugins', or None. The render thread.
        on_shown: called with a frame's number and the latents that it shows, never changed afterwards; None where they
            are in part a visitor's. The render thread.
    """

    def __init__(self, stage: Stage, host: Host, fps: float = 60.0, *, with_alpha: bool = False) -> None:
        if with_alpha and not isinstance(stage.generator, SilhouetteGenerator):
            family = stage.generator.info.family
            raise OutputError(f"--alpha needs weights of the family composite, such as faces-256, not {family}")
        self._host, self._fps, self._with_alpha = host, fps, with_alpha
        self._fade, self._read, self.first_drawn = GeneratorFade(), ReadBack(), 0
        self._blank, self._faults = black(16, 16), Faults(log, fatal=host.store.fatal)
        self.find_instead: Callable[[int], Tensor | None] = lambda index: None
        self.on_shown: Callable[[int, Tensor | None], None] = lambda index, latents: None
        # Whether the last picture shows a visitor, and whether the one does that is faded from.
        self._private = self._fades_private = False
        self._use(_make_scene(stage, self._new_history(stage)))

    def scene(self, stage: Stage) -> RenderScene:
        """Return a scene for `switch_scene`. Any thread; it allocates. Latents of the same shape keep the history."""
        fits = stage.generator.mean.shape == self._stage.generator.mean.shape
        return _make_scene(stage, self.latents.history if fits else self._new_history(stage))

    def switch_scene(self, scene: RenderScene, fade_s: float) -> None:
        """Draw `scene` from now on, faded in within `fade_s` seconds. The render thread, before a frame."""
        self._use(scene)
        self._fade.start(fade_s)
        self._fades_private = self._private

    def start(self) -> None:
        """Call the plugins' `start`."""
        self._host.start(self._stage)

    def stop(self) -> None:
        """Call the plugins' `stop`."""
        self._host.stop(self._stage)

    @torch.inference_mode()
    def draw(self, frame: Frame, events: tuple[Event | LatentCommand, ...]) -> Outcome:
        """Return the frame's picture, starting from the seed's latent, never from the last frame's."""
        started = time.perf_counter()
        self._host.apply_change()
        # No name here for the generator: a plugin that hangs keeps this call, and all it has a name for, for ever.
        for event in events:
            if isinstance(event, Recall) and event.rack:
                self._host.reorder(event.rack)
            self.latents.handle(event)
            if not isinstance(event, LatentCommand):
                self._host.handle(event, self._stage)
        # A copy, since a plugin that changes its argument in place would change the seed's face for good.
        latent = self._host.update(self._base.clone(), frame)
        private, bends = self._stage.privacy.end_frame(), self._stage.bending.end_update()
        self._stage.signals.end_update()
        # A plugin's NaN or infinity must not reach the networks; `where` needs no look at the values from here.
        latent = torch.where(latent.isfinite(), latent, self._base)
        asked = time.perf_counter()
        self.latents.instead = self._find_instead(frame.index, latent)
        # What was waited for is not this machine's work.
        started += time.perf_counter() - asked
        latent = self.latents.step(latent, frame, private=private)
        self.on_shown(frame.index, None if self.latents.shows_private else latent)
        latent = truncate(latent, self._stage.generator.mean, float(frame.values["show"]["psi"]))
        if frame.index < self.first_drawn and not self._remembers_pictures():
            self._host.end_frame(0.0)
            return Outcome(Drawn(self._blank, frame.time, self.latents.shows_private), None, 0.0)
        began = time.perf_counter()
        image = self._synthesize(latent, bends)
        synthesis_s = time.perf_counter() - began
        self._stage.warping.begin_picture()
        picture = self._fade.step(self._read(self._host.process_image(image, frame)), frame.dt)
        # Plugins also mark what they show after the generator, such as a visitor's photo.
        shown = self.latents.shows_private or self._stage.privacy.marked
        self._private = shown or (self._fades_private and self._fade.active)
        draw_s = time.perf_counter() - started
        self._host.end_frame(draw_s * 1e3)
        face = None if self._private else self.latents.shown[0]
        alpha = self._draw_alpha(latent, bends) if self._with_alpha else None
        return Outcome(Drawn(picture, frame.time, self._private, face, alpha), None, synthesis_s, draw_s)

    def _find_instead(self, index: int, latent: Tensor) -> Tensor | None:
        """Return the latents that come from elsewhere, where they are such as `latent`."""
        instead = self.find_instead(index)
        return instead.to(latent) if instead is not None and instead.shape == latent.shape else None

    def _remembers_pictures(self) -> bool:
        """Return whether a plugin may draw on a picture what it has seen of those before."""
        chain = [slot for slot in self._host.rack if "process_image" in slot.impls]
        return not all(getattr(slot.plugin, "memoryless", False) for slot in chain)

    def _synthesize(self, latent: Tensor, bends: Bends | None) -> Tensor:
        """Return the images, bent where a plugin bends them and the generator can be bent."""
        generator = self._stage.generator
        if bends is not None and isinstance(generator, BendableGenerator):
            try:
                return generator.draw_bent(latent, bends)
            # What bends is a plugin's code, which must not take the picture away.
            except Exception as error:  # noqa: BLE001
                self._faults.tell("bending", error)
        return generator.synthesize(latent)

    def _draw_alpha(self, latent: Tensor, bends: Bends | None) -> Alpha | None:
        """Return the silhouettes of all heads side by side."""
        generator = self._stage.generator
        if not isinstance(generator, SilhouetteGenerator):  # one that was loaded meanwhile
            return None
        drawn = generator.draw_silhouette(latent) if bends is None else generator.draw_silhouette(latent, bends)
        silhouettes = side_by_side(self._stage.warping.apply(drawn) * 2 - 1)
        return np.ascontiguousarray(to_levels(silhouettes)[0].cpu().numpy())

    def _use(self, scene: RenderScene) -> None:
        self._stage, self._base, self.latents = scene.stage, scene.base, scene.latents

    def _new_history(self, stage: Stage) -> LatentHistory:
        mean = stage.generator.mean
        return LatentHistory(mean.shape[0], mean.shape[1], self._fps, pinned=mean.is_cuda)


def _make_scene(stage: Stage, history: LatentHistory) -> RenderScene:
    generator = stage.generator
    seeds = range(stage.seed, stage.seed + stage.heads)
    return RenderScene(stage, generator.sample(seeds), LatentStage(generator.mean, history))


class RenderThread:
    """Runs one frame at a time beside the show's thread, which alone calls its methods.

    `submit` only while not `busy`; `wait` returns the outcome once. Whatever `draw` raises is an outcome too, so the
    thread goes on. A plugin that never returns keeps its thread for ever; `replace_hung` then leaves that thread
    behind and goes on with a new one. It is a daemon, so that a hang does not keep the program from ending.

    Args:
        draw: draws a frame; called on the render thread.
        leave_hung: leaves a plugin behind that has held the render thread for more than so many seconds; returns
            whether there was one.
        begin: called first on each render thread.

    Attributes:
        claimed: whether somebody waits for the moment between two pictures, so that none is begun before it.
    """

    def __init__(
        self,
        draw: Callable[[Frame, tuple[Event | LatentCommand, ...]], Outcome],
        leave_hung: Callable[[float], bool] = lambda seconds: False,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self._draw, self._leave_hung, self._begin = draw, leave_hung, begin
        self._start()

    def submit(self, frame: Frame, events: tuple[Event | LatentCommand, ...]) -> None:
        """Begin a frame. Only while not `busy`."""
        self.busy, self.claimed, self._waits = True, False, 0
        self._orders.put((frame, events))

    def wait(self, timeout_s: float | None) -> Outcome | None:
        """Wait for the frame that was begun, at most `timeout_s` seconds, None for ever; return its outcome once."""
        try:
            outcome = self._outcomes.get(timeout=timeout_s)
        except Empty:
            self._waits += 1
            return None
        self.busy = False
        return outcome

    def claim(self) -> bool:
        """Return whether a frame is being drawn; then none is begun after it before the next frame of the show.

        For what must change between two pictures: a slow generator draws one while the last one is shown, always.
        """
        self.claimed = self.busy
        return self.busy

    @property
    def behind(self) -> bool:
        """Return whether the frame that is being drawn was waited for more than once, so that it will be a late one."""
        return self.busy and self._waits > 1

    def replace_hung(self, seconds: float) -> bool:
        """Go on with a new thread where a plugin has held this one for more than `seconds`; return whether one has."""
        # Waits are counted too: after a stall of the whole program, such as a suspended laptop, nobody is to blame.
        if not self.busy or self._waits < MIN_WAITS or not self._leave_hung(seconds):
            return False
        # What a plugin does there for ever comes before nobody.
        if self._thread.native_id is not None:
            lower_thread(self._thread.native_id)
        self._orders.put(None)
        self._start()
        return True

    def close(self, timeout_s: float) -> bool:
        """End the thread; return whether it ended in time."""
        self._orders.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _start(self) -> None:
        # A loop of Python's in a plugin takes the interpreter for so long from each operation of torch: with the usual
        # 5 ms a frame took three seconds beside it.
        sys.setswitchinterval(SWITCH_S)
        self._orders: Orders = SimpleQueue()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self.busy, self.claimed, self._waits = False, False, 0
        self._thread = threading.Thread(
            target=self._run, args=(self._orders, self._outcomes), name="render", daemon=True
        )
        self._thread.start()

    def _run(self, orders: Orders, outcomes: "SimpleQueue[Outcome]") -> None:
        """Draw what is ordered. The queues are this thread's own: one that was left behind reaches nobody."""
        # Numbers below 1e-38 cost a processor a hundred times what others do, and masks fade out through them: of a
        # frame of 512 px they took a quarter.
        torch.set_flush_denormal(True)
        if self._begin is not None:
            self._begin()
        try:
            while (order := orders.get()) is not None:
                outcomes.put(self._try_draw(*order))
        except LeftBehind:
            return

    def _try_draw(self, frame: Frame, events: tuple[Event | LatentCommand, ...]) -> Outcome:
        try:
            return self._draw(frame, events)
        except LeftBehind:
            raise
        # Out of memory, a lost device, anything: the show's thread decides what is shown instead.
        except BaseException as error:  # noqa: BLE001
            return Outcome(None, error, 0.0)
