"""Process state that a show needs and a plugin can change: read before a hook, put back after it."""

import gc
import locale
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._C import _len_torch_dispatch_stack, _len_torch_function_stack
from torch.overrides import _pop_mode
from torch.utils import _device
from torch.utils._python_dispatch import _get_current_dispatch_mode
from torch.utils._python_dispatch import _pop_mode as _pop_dispatch_mode

log = logging.getLogger(__name__)

# Of the environment, what the show reads while it plays: where its files are, and its display.
VARIABLES = ("HOME", "LIKENESS_HOME", "USERPROFILE", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "TMPDIR", "PATH")

# How many frames pass between two readings of the folder and its like, which take some 20 microseconds.
SLOW_CHECK_FRAMES = 32

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Trait:
    """One thing that a plugin can change, in words, and what puts it back."""

    name: str
    restore: Callable[[Any], object]


def _restore_filters(wanted: list[Any]) -> None:
    """Take out filters that turn warnings into errors; others that a library has added are its own business."""
    warnings.filters[:] = [each for each in warnings.filters if each[0] != "error" or each in wanted]  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _restore_folder(wanted: str | None) -> None:
    if wanted is not None:
        os.chdir(wanted)


def _restore_variables(wanted: list[str | None]) -> None:
    for name, value in zip(VARIABLES, wanted, strict=True):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _restore_handlers(wanted: tuple[logging.Handler, ...]) -> None:
    logging.root.handlers[:] = wanted


def _restore_deterministic(wanted: bool) -> None:
    # `torch.use_deterministic_algorithms` imports torch's compiler, which takes seconds.
    compiler = sys.modules.get("torch._inductor.config")
    if compiler is not None:
        compiler.deterministic = wanted  # type: ignore[attr-defined]
    torch._C._set_deterministic_algorithms(wanted)


def _setter(target: object, name: str) -> Callable[[Any], None]:
    return lambda value: setattr(target, name, value)


OWN_LOG = logging.getLogger("likeness")
# In the order of `_read_fast`. Of the whole process.
FAST = (
    Trait("the recursion limit", lambda limit: sys.setrecursionlimit(limit)),
    Trait("the switch interval of threads", sys.setswitchinterval),
    Trait("sys.stdout", _setter(sys, "stdout")),
    Trait("sys.stderr", _setter(sys, "stderr")),
    Trait("sys.__stdout__", _setter(sys, "__stdout__")),
    Trait("sys.__stderr__", _setter(sys, "__stderr__")),
    Trait("sys.excepthook", _setter(sys, "excepthook")),
    Trait("threading.excepthook", _setter(threading, "excepthook")),
    Trait("garbage collection", lambda on: gc.enable() if on else gc.disable()),
    Trait("torch's default dtype", torch.set_default_dtype),
    Trait("torch's deterministic algorithms", _restore_deterministic),
    Trait("logging.disable", logging.disable),
    Trait("the handlers of the log", _restore_handlers),
    Trait("the level of the log", OWN_LOG.setLevel),
    Trait("the log's switch", _setter(OWN_LOG, "disabled")),
    Trait("the log's propagation", _setter(OWN_LOG, "propagate")),
)
# In the order of `_read_slow`. Of the whole process, too slow to be read around each hook of a frame.
SLOW = (
    Trait("the current folder", _restore_folder),
    Trait("the locale", lambda wanted: locale.setlocale(locale.LC_ALL, wanted)),
    Trait("the filters of warnings", _restore_filters),
    Trait("the environment", _restore_variables),
    Trait("torch's matmul precision", torch.set_float32_matmul_precision),
)


def _restore_function_modes(depth: int) -> None:
    if getattr(_device, "CURRENT_DEVICE", None) is not None:
        torch.set_default_device(None)
    while _len_torch_function_stack() > depth:
        _pop_mode()


def _restore_dispatch_modes(depth: int) -> None:
    while _len_torch_dispatch_stack() > depth and _get_current_dispatch_mode() is not None:
        _pop_dispatch_mode()


def _restore_autocast(on: bool) -> None:
    if not on:
        for device in ("cpu", "cuda"):
            torch.set_autocast_enabled(device, False)
        # Where it was entered and never left, weights that it has cached would be used for ever.
        for _ in range(torch.autocast_increment_nesting()):
            torch.autocast_decrement_nesting()
        torch.clear_autocast_cache()


# In the order of `_read_thread`. Of the thread that calls the hook alone.
THREAD = (
    Trait("torch's gradients", torch.set_grad_enabled),
    Trait("torch's default device", _restore_function_modes),
    Trait("torch's dispatch modes", _restore_dispatch_modes),
    Trait("torch's autocast", _restore_autocast),
    Trait("torch's threads", torch.set_num_threads),
    Trait("sys.settrace", sys.settrace),
    Trait("sys.setprofile", sys.setprofile),
)


def _read_fast() -> Values:
    root, own = logging.root, OWN_LOG
    return (
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        sys.stdout,
        sys.stderr,
        sys.__stdout__,
        sys.__stderr__,
        sys.excepthook,
        threading.excepthook,
        gc.isenabled(),
        torch.get_default_dtype(),
        torch.are_deterministic_algorithms_enabled(),
        root.manager.disable,
        tuple(root.handlers),
        own.level,
        own.disabled,
        own.propagate,
    )


def _read_slow() -> Values:
    try:
        folder = os.getcwd()
    except OSError:
        # It has been removed.
        folder = None
    return (
        folder,
        locale.setlocale(locale.LC_ALL),
        [each for each in warnings.filters if each[0] == "error"],
        [os.environ.get(name) for name in VARIABLES],
        torch.get_float32_matmul_precision(),
    )


def _read_thread() -> Values:
    return (
        torch.is_grad_enabled(),
        _len_torch_function_stack(),
        _len_torch_dispatch_stack(),
        torch._C._is_any_autocast_enabled(),
        torch.get_num_threads(),
        sys.gettrace(),
        sys.getprofile(),
    )


@dataclass(eq=False)
class Visit:
    """A stay in plugins' code on one thread, and what that thread had when it began."""

    thread: Values = field(default_factory=_read_thread)


class ProcessState:
    """Puts back what plugins change of the process and the show needs. Any thread.

    What the process has while no plugin is called is what the show wants; plugins that are called at the same time on
    several threads are all measured by that. Each change is put back after the hook that made it, and said once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._visits: set[Visit] = set()
        self._fast: Values = _read_fast()
        self._slow: Values = _read_slow()
        self._told: set[tuple[str, str]] = set()
        self._ended = False
        # The render thread's own.
        self._frame: Visit | None = None
        self._frames = 0

    def enter(self, *, whole: bool = False) -> Visit:
        """Begin to call plugins; `whole` reads also what is too slow for a hook of every frame."""
        with self._lock:
            if not self._visits:
                self._fast = _read_fast()
                if whole:
                    self._slow = _read_slow()
            visit = Visit()
            self._visits.add(visit)
        return visit

    def restore(self, visit: Visit, owner: str, hook: str) -> None:
        """Put back what `owner` has changed in `hook`, on the thread that called it. About a microsecond."""
        # First, since a recursion limit that is too low leaves no room for anything else.
        self.restore_process(visit, owner, hook)
        self.restore_thread(visit, owner, hook)

    def restore_thread(self, visit: Visit, owner: str, hook: str) -> None:
        """Put back what `owner` has changed of the calling thread in `hook`."""
        now = _read_thread()
        if now != visit.thread:
            self._put_back(THREAD, visit.thread, now, owner, hook)

    def restore_process(self, visit: Visit, owner: str, hook: str) -> None:
        """Put back what `owner` has changed of the whole process in `hook`. Any thread."""
        # A thread that was left behind has no say any more.
        if visit in self._visits and not self._ended:
            now = _read_fast()
            if now != self._fast:
                self._put_back(FAST, self._fast, now, owner, hook)

    def restore_slow(self, owner: str, hook: str) -> None:
        """Put back what is too slow to be read around each hook: folder, locale, warnings, environment."""
        now = _read_slow()
        if now != self._slow and not self._ended:
            self._put_back(SLOW, self._slow, now, owner, hook)

    @contextmanager
    def visiting(self) -> Iterator[Visit]:
        """Call hooks of a frame within it. The render thread."""
        visit = self._frame = self.enter()
        try:
            yield visit
        finally:
            self.leave(visit)

    def leave_behind(self, owner: str, hook: str) -> None:
        """Put back what `owner` has changed, which never returns from `hook`. The show's thread."""
        if self._frame:
            self.restore_process(self._frame, owner, hook)
            self.leave(self._frame)

    def end_frame(self, playing: Sequence[str]) -> None:
        """Now and then, put back what is too slow to be read around each hook. The render thread."""
        self._frames += 1
        if self._frames % SLOW_CHECK_FRAMES == 0:
            self.restore_slow(" or ".join(playing) or "a plugin", "a frame")

    def leave(self, visit: Visit) -> None:
        """End what `enter` began. Any thread, twice as well."""
        with self._lock:
            self._visits.discard(visit)

    def end(self) -> None:
        """Put nothing back from now on: the show is over, and the program that goes on is no plugin's doing."""
        self._ended = True

    def forget(self, owner: str) -> None:
        """Say again what `owner` changes, since it was changed itself."""
        self._told = {each for each in self._told if each[0] != owner}

    def _put_back(self, traits: tuple[Trait, ...], wanted: Values, now: Values, owner: str, hook: str) -> None:
        changed = [(trait, want) for trait, want, have in zip(traits, wanted, now, strict=True) if want != have]
        names = []
        for trait, want in changed:
            try:
                trait.restore(want)
                names.append(trait.name)
            # A setter may refuse what was there, such as a folder that was removed; the others must be put back.
            except Exception as error:  # noqa: BLE001
                log.error("%s has changed %s in %s, and it stays so: %s", owner, trait.name, hook, error)
        new = [name for name in names if (owner, name) not in self._told]
        if new:
            self._told.update((owner, name) for name in new)
            log.warning("%s has changed %s in %s; it is as before again", owner, " and ".join(new), hook)
