"""The stage: what a plugin may use outside its per-frame hooks."""

import functools
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from likeness.audio.listening import Listening
from likeness.errors import PluginError
from likeness.events import AudienceTurn, Event
from likeness.frame import Values
from likeness.generator import Bend, BendableGenerator, Bends, Generator, Swap
from likeness.params import Value

if TYPE_CHECKING:
    from likeness.parameters.store import ParamStore

log = logging.getLogger(__name__)

# What is done to a picture's places: maps in, maps of the same shape out.
Warp = Callable[[Tensor], Tensor]


class PluginParams:
    """The parameters of the whole show, as far as plugins may reach for them, by address "plugin.name".

    What is set or posted takes effect when the next frame begins, in the order in which it came. Nothing here waits.
    """

    def __init__(self, store: "ParamStore") -> None:
        self._store = store

    @property
    def snapshot(self) -> Mapping[str, Values]:
        """Return the values of the newest frame, by plugin and name; read-only. Any thread."""
        return self._store.snapshot

    def set(self, address: str, value: object) -> None:
        """Set a parameter, in its own unit. Any thread.

        Raises:
            ParamError: for an unknown address or a value that is refused; nothing changes then.
        """
        edit, _ = self._store.prepare(address, value)
        self._store.run(self._store.journal.derive(edit))

    def toggle(self, address: str) -> None:
        """Switch a `Bool` over, counted from its target when the frame begins. Any thread. Raises like `set`."""
        self._store.run(self._store.journal.derive(self._store.prepare_toggle(address)))

    def target(self, address: str) -> Value:
        """Return what a parameter was last set to, wherever its glide is. Any thread. Raises like `set`."""
        return self._store.target(address)

    def on_press(self, address: str, action: Callable[[], None]) -> None:
        """Call `action` on the show's thread at each press of the trigger at `address`. In `start`."""
        self._store.on_press(address, action, by_plugin=True)

    def post(self, event: Event) -> None:
        """Hand an event to every plugin in the next frame. Any thread."""
        self._store.run(self._store.journal.derive(lambda: self._store.emit(event)))

    def play(self, event: Event) -> None:
        """Hand an event to every plugin in the next frame, as what came from outside: a take keeps it. Any thread."""
        self._store.post(event)

    def emit(self, event: Event) -> None:
        """Hand an event to every plugin in the frame that begins. Within an action of `on_press` only."""
        self._store.emit(event)


class Bending:
    """What plugins do to the generator's layers in one frame, added in `update`. The render thread alone."""

    def __init__(self) -> None:
        self._operations: dict[str, list[Bend]] = {}
        self._swaps: list[Swap] = []
        self._mixed: tuple[BendableGenerator, Mapping[str, float]] | None = None

    def add(self, layer: str, bend: Bend) -> None:
        """Bend `layer`, a name of `BendableGenerator.layers`, in this frame, after what was added before."""
        self._operations.setdefault(layer, []).append(bend)

    def swap(self, swap: Swap) -> None:
        """Swap two layers in this frame."""
        self._swaps.append(swap)

    def mix(self, other: BendableGenerator, shares: Mapping[str, float]) -> None:
        """Mix `other` into this frame, by layer in [0, 1]; of several the last plugin's counts."""
        self._mixed = other, shares

    def end_update(self) -> Bends | None:
        """Return what was added since the last call, None where nothing was; the next frame begins unbent."""
        if not (self._operations or self._swaps or self._mixed):
            return None
        operations = {name: functools.partial(_apply, tuple(chain)) for name, chain in self._operations.items()}
        other, shares = self._mixed or (None, {})
        bends = Bends(operations, tuple(self._swaps), other, shares)
        self._operations, self._swaps, self._mixed = {}, [], None
        return bends


def _apply(bends: Sequence[Bend], x: Tensor) -> Tensor:
    """Return `x` after all of `bends`, one after the other."""
    for bend in bends:
        x = bend(x)
    return x


class Warping:
    """What plugins did to the places of one frame's picture, for those who know what was where before: mattes, regions.

    The render thread alone.
    """

    def __init__(self) -> None:
        self._warps: list[Warp] = []

    def add(self, warp: Warp) -> None:
        """Say that this frame's picture was warped, after what was added before. In `process_image`.

        Args:
            warp: takes maps `[batch, channels, side, side]` of any size to where places are now; not in place.
        """
        self._warps.append(warp)

    def apply(self, maps: Tensor) -> Tensor:
        """Return maps of the generator's picture as they lie on the picture that plugins have made of it so far."""
        for warp in self._warps:
            maps = warp(maps)
        return maps

    def begin_picture(self) -> None:
        """Forget what was done to the last frame's picture. The renderer."""
        self._warps = []


@dataclass(frozen=True)
class VisitorState:
    """The state of one visitor in a word, for surfaces; nothing of who it is.

    Args:
        state: "waiting", "searching", or the phase of the turn: one word.
        seconds: for how long.
    """

    state: str
    seconds: float = 0.0


class Privacy:
    """A mark on a frame: what is marked enters no history, no cue and no autosave. The render thread alone.

    A mark in `update` is of that frame's latent and picture; one in `process_image` is of that frame's picture and of
    the next latent.

    Attributes:
        marked: whether there is a mark since the last `end_frame`.
    """

    def __init__(self) -> None:
        self.marked = False

    def mark(self) -> None:
        """Mark the current frame: it shows a visitor, whole or in part. Call it in `update`, or in `process_image`."""
        self.marked = True

    def end_frame(self) -> bool:
        """Return whether the frame was marked, and begin the next one unmarked."""
        marked, self.marked = self.marked, False
        return marked


class Audience:
    """The audience's visitors for the stage: a plugin asks for the next one, the server's link brings them.

    Without a link nobody ever comes. A turn that waits is picked up once.

    Attributes:
        open: whether there is a link.
    """

    # A plugin that is bypassed asks no more.
    _ASKED_S = 1.0

    def __init__(self) -> None:
        self.open = False
        self._asked_at = -self._ASKED_S
        self._turn: AudienceTurn | None = None

    @property
    def wanted(self) -> bool:
        """Whether a plugin has just asked. The link."""
        return self._turn is None and time.monotonic() - self._asked_at < self._ASKED_S

    def ask(self) -> AudienceTurn | None:
        """Return the visitor who has come, or None and let one come. Called in each frame that wants one."""
        turn, self._turn = self._turn, None
        if turn is not None and turn.withdrawn:
            turn = None
        self._asked_at = -self._ASKED_S if turn is not None else time.monotonic()
        return turn

    def bring(self, turn: AudienceTurn) -> None:
        """Leave a visitor for the plugin. The link."""
        self._turn = turn

    def drop(self, turn: AudienceTurn) -> None:
        """Leave a visitor no longer. The link."""
        if self._turn is turn:
            self._turn = None


class Signals:
    """Numbers that plugins publish in a frame, for modulators, by "plugin.name".

    The render thread publishes; the show's thread reads before the next frame. Neither waits: all numbers of a frame
    are replaced together, so that those of a plugin that is bypassed are gone.
    """

    def __init__(self) -> None:
        self._published: Mapping[str, Mapping[str, float]] = MappingProxyType({})
        self._coming: dict[str, Mapping[str, float]] = {}

    def publish(self, owner: str, values: Mapping[str, float]) -> None:
        """Publish numbers for one frame; what is not finite counts as 0. Call it in `update`, in each frame.

        Args:
            owner: the plugin's name.
            values: by name, each held within [0, 1].
        """
        held = {name: min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0 for name, value in values.items()}
        self._coming[owner] = MappingProxyType(held)

    def end_update(self) -> None:
        """Let modulators find what was published since the last call, and nothing else. The renderer."""
        self._published, self._coming = MappingProxyType(self._coming), {}

    def value(self, address: str) -> float:
        """Return the number "plugin.name", 0 where nobody publishes it. Any thread."""
        owner, _, name = address.partition(".")
        return self._published.get(owner, {}).get(name, 0.0)


class _Gone:
    """In the place of a generator that was let go."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # which Python and copies ask for
            raise AttributeError(name)
        raise PluginError("these weights play no longer; the plugin was stopped and plays as a new instance")


@dataclass(frozen=True)
class Stage:
    """What surrounds a plugin.

    Args:
        generator: the one that plays; another one gets new instances of the plugins, started with it.
        params: the parameters of the whole show.
        device: where the latent lives and where buffers belong.
        seed: of the show. Draw everything random from it, so that a render repeats bit by bit.
        heads: how many faces the latent holds, `[heads, num_ws, w_dim]`: one for each screen.
        privacy: mark a frame in `update` that shows a visitor's face; it is then kept nowhere.
        offline: whether this is a render, where each frame is waited for, so that it is the same the next time.
        audience: visitors who sent a photo from their phone and were let in.
        sound: the samples of what `--audio` names.
        bending: what is done to the layers of a `BendableGenerator` in this frame; add to it in `update`.
        signals: numbers that plugins publish for modulators.
        warping: how plugins moved the places of this frame's picture; add to it in `process_image`.
        camera: whether there is a camera, or a take in which one may have led.
        demanding: whether `refuse` ends the show: a render of a preset, of which nobody reads warnings.
    """

    generator: Generator
    params: PluginParams
    device: torch.device
    seed: int
    heads: int = 1
    privacy: Privacy = field(default_factory=Privacy)
    offline: bool = False
    audience: Audience = field(default_factory=Audience)
    sound: Listening = field(default_factory=Listening)
    bending: Bending = field(default_factory=Bending)
    signals: Signals = field(default_factory=Signals)
    warping: Warping = field(default_factory=Warping)
    camera: bool = False
    demanding: bool = False

    def refuse(self, words: str) -> None:
        """Say that what is asked of a plugin cannot be done here: a warning live, the end of a render. In any hook.

        Args:
            words: a sentence that begins with the plugin's name and ends with what to do.

        Raises:
            PluginError: in a render; let it pass.
        """
        if self.demanding:
            raise PluginError(words)
        log.warning("%s", words)

    def let_go(self) -> None:
        """Keep the generator no longer, since another one plays. A plugin that never returns keeps its stage for ever.

        What a plugin still asks of `generator` then raises a `PluginError`.
        """
        object.__setattr__(self, "generator", _Gone())

    @property
    def store(self) -> PluginParams:
        """Return `params`, by the name that it had before version 0.2."""
        return self.params
