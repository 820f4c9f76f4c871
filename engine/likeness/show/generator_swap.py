"""Generator swap: opens other weights beside the show, takes them over between two frames and fades them in."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from likeness.errors import PluginError, WeightsError
from likeness.files.paths import find_weights
from likeness.generator import Generator
from likeness.host.deadline import call_with_deadline
from likeness.host.failure import describe_failure
from likeness.host.host import READY_S, Host
from likeness.host.slot import RackChange, Slot
from likeness.params import to_number
from likeness.show.heap import return_free_memory
from likeness.show.rack_editor import READY_HINT, RackEditor
from likeness.show.renderer import Renderer
from likeness.stage import Stage

log = logging.getLogger(__name__)

# Long enough not to be a cut, short enough for a drop.
FADE_S = 0.5
# Reading a gigabyte from a slow disk and compiling it take minutes; a family that never comes back takes for ever.
OPENED_S = 600.0
# So long after the fade, and at most so long after a swap, the weights before are let go, and their memory goes back.
LET_GO_S, LONGEST_S = 2.0, 300.0


class GeneratorSwap:
    """Takes `/generator/load`. What fails before the new generator plays is one line, and the old one plays on.

    Any thread asks. Weights are read and warmed up on the swap's own thread. Then, as a job of the rack editor, so
    that no plugin comes or goes meanwhile, every plugin gets a new instance, started with the new generator, since
    the old ones are in use until the frame in which all change together. That frame is the render thread's.

    It owns the name of the weights that play, and what is told of those that are being loaded.

    Args:
        host, editor, renderer: of the show.
        name: of the weights that play.
        open_weights: opens weights by name and warms them up; called on the swap's own thread, with a function that
            it calls with each step.
        on_swap: called with the name of the new weights when they take over. The show's thread.

    Attributes:
        commands: by OSC address.
        questions: the commands that answer the sender.
        name: of the weights that play. Any thread.
        loading: name and step of the weights that are being loaded, or None; replaced as a whole. Any thread.
        error: why the last weights that were asked for are not taken, in a line; empty once others are asked for.
    """

    def __init__(
        self,
        host: Host,
        editor: RackEditor,
        renderer: Renderer,
        name: str,
        open_weights: Callable[[str, Callable[[str], None]], Generator],
        on_swap: Callable[[str], None],
    ) -> None:
        self._host, self._editor, self._renderer = host, editor, renderer
        self.name, self._open_weights, self._on_swap = name, open_weights, on_swap
        self.loading: tuple[str, str] | None = None
        self.error = ""
        self._orders: SimpleQueue[tuple[str, float] | None] = SimpleQueue()
        self._closing = threading.Event()
        self.commands: Mapping[str, Callable[..., None]] = {"/generator/load": self.load}
        self.questions: Mapping[str, Callable[..., None]] = {"/generator": self.answer_name}
        editor.journal.replayers["weights"] = self.play_weights
        threading.Thread(target=self._run, name="generator swap", daemon=True).start()

    def close(self) -> None:
        """Take no more orders, without waiting for weights that are being read. Safe to call twice."""
        self._closing.set()
        self._orders.put(None)

    def load(self, name: object, seconds: object = FADE_S) -> None:
        """Open the weights `name` and fade them in within `seconds`. Any thread.

        Of several that are asked for while one is being opened, the newest is the one.

        Raises:
            WeightsError: where there is no such file, or `seconds` is no time.
        """
        fade_s = to_number(seconds)
        if fade_s is None or fade_s < 0:
            raise WeightsError(f"/generator/load {name} {seconds!r}: the fade is a time in seconds, 0 cuts")
        find_weights(str(name))
        self.error = ""
        self._orders.put((str(name), fade_s))

    def play_weights(self, name: str, fade_s: float) -> None:
        """Fade to the weights `name`, as a take says. Within an edit; a render opens them in that frame."""
        if self._editor.stage.offline:
            self._take_over(name, self._open_in_time(name), fade_s, self._editor.swap_now)
        else:
            self.load(name, fade_s)

    def answer_name(self, reply: Callable[..., None]) -> None:
        """Answer with the name of the weights that play."""
        reply("/generator", self.name)

    # All below runs on the swap's thread, but for `_take_over`, a job of the rack editor's.

    def _run(self) -> None:
        patience_s = None
        while True:
            try:
                order = self._orders.get(timeout=patience_s)
            except Empty:
                return_free_memory()
                patience_s = None
                continue
            if order is None:
                return
            if not self._orders.empty():
                continue
            if patience_s is not None:
                # Orders that come faster than that: each would leave its memory on top of the others'.
                return_free_memory()
            self._open(*order)
            self.loading = None
            # Until then the weights before may still fade out.
            patience_s = min(order[1] + LET_GO_S, LONGEST_S)

    def _open(self, name: str, fade_s: float) -> None:
        log.info("opening %s; %s plays meanwhile", name, self.name)
        try:
            opened = [self._open_in_time(name)]
        # A file, a driver or a family of a plugin's may raise anything, `sys.exit()` too.
        except BaseException as error:  # noqa: BLE001
            said = describe_failure(error)
            self.error = f"{Path(name).stem} is not taken: {said}"
            log.error("%s is not taken, %s plays on: %s", name, self.name, said)
            return
        over = threading.Event()

        def job() -> None:
            try:
                # The editor may hold its last job for long, which must not hold a generator.
                self._take_over(name, opened.pop(), fade_s, self._editor.swap)
            # Only told here, and raised on.
            except BaseException as error:
                self.error = f"{Path(name).stem} is not taken: {describe_failure(error)}"
                raise
            finally:
                over.set()

        self._show_step(name, "waiting for the rack")
        self._editor.submit(f"{name} is not taken, {self.name} plays on", job)
        # Two generators at a time are enough for a graphics card's memory.
        while not over.wait(1.0) and not self._closing.is_set():
            pass

    def _open_in_time(self, name: str) -> Generator:
        """Open the weights on a thread that is left behind where a plugin's family never comes back."""
        return call_with_deadline(
            lambda: self._open_weights(name, lambda step: self._show_step(name, step)),
            OPENED_S,
            "the plugin whose `load_generator` opened it",
            None,
            name,
            self._closing.is_set,
        )

    def _show_step(self, name: str, step: str) -> None:
        self.loading = (Path(name).stem, step)

    def _take_over(self, name: str, generator: Generator, fade_s: float, swap: Callable[..., None]) -> None:
        """Start the plugins with `generator` and swap all at once. On the editor's thread."""
        editor, renderer = self._editor, self._renderer
        before = editor.stage
        stage = replace(before, generator=generator)
        renew = partial(self._renew_rack, stage)
        try:
            scene = renderer.scene(stage)
            renewed = call_with_deadline(renew, READY_S, READY_HINT, self._host.state, "a plugin")
        except BaseException:
            stage.let_go()
            raise

        def change() -> RackChange:
            self.name = name
            self._on_swap(name)
            new_of = {id(old): new for old, new in renewed}
            # The order is that of this moment: a cue may have changed it since.
            rack = [new_of.get(id(slot), slot) for slot in self._host.rack]
            # What a plugin calls its state may hold latents, of no use where they have another shape.
            return RackChange(rack, renewed, _same_latents(before, stage), lambda: renderer.switch_scene(scene, fade_s))

        swap(change, ("weights", name, fade_s))
        editor.use_stage(stage)
        log.info("%s plays", name)
        editor.stop_later([*(partial(self._stop, old, before) for old, _ in reversed(renewed)), before.let_go])

    def _renew_rack(self, stage: Stage) -> list[tuple[Slot, Slot]]:
        """Return each plugin in the rack and a new instance of it; one whose `start` fails is bypassed."""
        renewed: list[tuple[Slot, Slot]] = []
        try:
            for old in list(self._host.rack):
                new = self._host.make_slot(old.name, _new_instance(old), old.path)
                renewed.append((old, new))
                self._start(new, stage)
        except BaseException:
            for _, new in renewed:
                self._stop(new, stage)
            raise
        return renewed

    def _start(self, slot: Slot, stage: Stage) -> None:
        try:
            self._host.start_plugin(slot, stage)
        # A plugin may raise anything, and the others start.
        except BaseException as error:
            if self._host.store.fatal:
                raise
            log.error("%s does not start with the new generator", slot.name, exc_info=error)
            slot.bypassed_by_host = True

    def _stop(self, slot: Slot, stage: Stage) -> None:
        try:
            self._host.stop_plugin(slot, stage)
        # As above.
        except BaseException as error:
            log.error("%s did not stop cleanly", slot.name, exc_info=error)


def _new_instance(slot: Slot) -> object:
    """Return a new instance of the class that plays, whatever its file says by now."""
    try:
        return type(slot.plugin)()
    except TypeError as error:
        raise PluginError(f"plugin {slot.name!r} cannot be made a second time: {error}") from error


def _same_latents(before: Stage, after: Stage) -> bool:
    """Return whether the latents of both generators have the same shape."""
    return before.generator.mean.shape == after.generator.mean.shape
