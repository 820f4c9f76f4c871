"""Puts another generator into a show that plays: opened beside it, taken over between two frames, faded in."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from queue import SimpleQueue

from likeness.errors import LikenessError, PluginError, WeightsError
from likeness.generator import Generator
from likeness.host.host import Host
from likeness.host.slot import RackChange, Slot
from likeness.params import to_number
from likeness.paths import find_weights
from likeness.show.rack_editor import RackEditor
from likeness.show.renderer import Renderer
from likeness.stage import Stage

log = logging.getLogger(__name__)

# Long enough not to be a cut, short enough for a drop.
FADE_S = 0.5


class GeneratorSwap:
    """Takes `/generator/load`. What fails before the new generator plays is one line, and the old one plays on.

    Plugins are started anew with the new generator, as new instances, since the old ones are in use until the frame
    in which all change together.

    Args:
        host, workshop: of the show.
        taken: told the name of the weights on the show's thread, when they take over.

    Attributes:
        commands, questions: by OSC address.
    """

    def __init__(self, host: Host, workshop: RackEditor, taken: Callable[[str], None]) -> None:
        self._host, self._workshop, self._taken = host, workshop, taken
        self._orders: SimpleQueue[tuple[str, float] | None] = SimpleQueue()
        self._closing = threading.Event()
        self._name = ""
        self.commands: Mapping[str, Callable[..., None]] = {"/generator/load": self.load}
        self.questions: Mapping[str, Callable[..., None]] = {"/generator": self.tell}

    def open(self, renderer: Renderer, name: str, opening: Callable[[str], Generator]) -> None:
        """Begin to work.

        Args:
            renderer: of the show.
            name: of the weights that it plays.
            opening: opens weights by name and warms them up; called on the exchange's own thread.
        """
        self._renderer, self._name, self._opening = renderer, name, opening
        threading.Thread(target=self._run, name="exchange", daemon=True).start()

    def close(self) -> None:
        """Take no more orders. Safe to call twice; waits for no weights that are being read."""
        self._closing.set()
        self._orders.put(None)

    def load(self, name: object, seconds: object = FADE_S) -> None:
        """Have the weights `name` play as soon as they can, faded in within `seconds`. Any thread.

        Of several that are asked for while one is being opened, the newest is the one.

        Raises:
            WeightsError: where there is no such file, or `seconds` is no time.
        """
        fade_s = to_number(seconds)
        if fade_s is None or fade_s < 0:
            raise WeightsError(f"/generator/load {name} {seconds!r}: the fade is a time in seconds, 0 cuts")
        find_weights(str(name))
        self._orders.put((str(name), fade_s))

    def tell(self, reply: Callable[..., None]) -> None:
        """Answer with the name of the weights that play."""
        reply("/generator", self._name)

    # All below runs on the exchange's thread, but for what is said to be the workshop's.

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            if not self._orders.empty():
                continue
            self._open(*order)

    def _open(self, name: str, fade_s: float) -> None:
        log.info("opening %s; %s plays meanwhile", name, self._name)
        try:
            opened = [self._opening(name)]
        # A file, a driver or a family of a plugin's may raise anything, `sys.exit()` too.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            said = str(error) if isinstance(error, LikenessError) else repr(error)
            log.error("%s is not taken, %s plays on: %s", name, self._name, said)
            return
        over = threading.Event()

        def job() -> None:
            try:
                # The workshop may hold its last job for long, which must not hold a generator.
                self._take_over(name, opened.pop(), fade_s)
            finally:
                over.set()

        self._workshop.submit(f"{name} is not taken, {self._name} plays on", job)
        # Two generators at a time are enough for a graphics card's memory.
        while not over.wait(1.0) and not self._closing.is_set():
            pass

    def _take_over(self, name: str, generator: Generator, fade_s: float) -> None:
        """On the workshop's thread: no plugin comes or goes meanwhile."""
        workshop, renderer = self._workshop, self._renderer
        before = workshop.stage
        stage = replace(before, generator=generator)
        scene = renderer.scene(stage)
        renewed = workshop.run_with_deadline(lambda: self._renewed(stage))

        def change() -> RackChange:
            self._name = name
            self._taken(name)
            new_of = {id(old): new for old, new in renewed}
            # The order is that of this moment: a cue may have changed it since.
            rack = [new_of.get(id(slot), slot) for slot in self._host.rack]
            # What a plugin calls its state may hold latents, of no use where they have another shape.
            return RackChange(rack, renewed, _alike(before, stage), lambda: renderer.switch_scene(scene, fade_s))

        workshop.swap(change)
        workshop.stage = stage
        log.info("%s plays", name)
        for old, _ in reversed(renewed):
            self._retire(old, before)

    def _renewed(self, stage: Stage) -> list[tuple[Slot, Slot]]:
        """Return each plugin in the rack and a new instance of it; one whose `start` fails is bypassed, as ever."""
        renewed: list[tuple[Slot, Slot]] = []
        try:
            for old in list(self._host.rack):
                new = self._host.make_slot(old.name, _another(old), old.path)
                renewed.append((old, new))
                self._start(new, stage)
        except BaseException:
            for _, new in renewed:
                self._retire(new, stage)
            raise
        return renewed

    def _start(self, slot: Slot, stage: Stage) -> None:
        try:
            self._host.start_plugin(slot, stage)
        except (Exception, SystemExit) as error:
            log.error("%s does not start with the new generator", slot.name, exc_info=error)
            slot.bypassed_by_host = True

    def _retire(self, slot: Slot, stage: Stage) -> None:
        try:
            self._host.stop_plugin(slot, stage)
        except (Exception, SystemExit) as error:
            log.error("%s did not stop cleanly", slot.name, exc_info=error)


def _another(slot: Slot) -> object:
    """Return a new instance of the class that plays, whatever its file says by now."""
    try:
        return type(slot.plugin)()
    except TypeError as error:
        raise PluginError(f"plugin {slot.name!r} cannot be made a second time: {error}") from error


def _alike(before: Stage, after: Stage) -> bool:
    return before.generator.mean.shape == after.generator.mean.shape
