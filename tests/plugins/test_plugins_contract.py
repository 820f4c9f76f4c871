"""What every bundled plugin keeps to, whatever its parameters say."""

import atexit
import builtins
import math
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from likeness.host.discovery import find_plugins
from likeness.params import Choice, Float, Param, Text, Value

NAMES = sorted(find_plugins([Path(__file__).resolve().parent.parent.parent / "plugins"]))
LAYERS = (1, 4, 14)
SIDE = 112
# Each launches a kernel of some microseconds on a GPU; a generator launches hundreds.
MOST_OPERATIONS = 60

WITH_ALARMS = pytest.mark.skipif(not hasattr(signal, "getitimer"), reason="this system has no alarms")

Maker = Callable[..., Any]


def step(player: Any, image: Tensor) -> Tensor:
    """Play one frame of whichever chain hooks the plugin has."""
    if hasattr(player.plugin, "update"):
        return player.update()
    result = player.picture(image)
    return image[0] if result is None else result[0]


def draw(param: Param, dice: random.Random) -> Value:
    """Return a value from anywhere in the parameter's range."""
    if isinstance(param, Text):
        return dice.choice(["", "7 12", "4"]) if param.name == "faces" else ""
    return param.from_unit(dice.random())


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(5)) * 2 - 1


@pytest.mark.parametrize("num_ws", LAYERS)
@pytest.mark.parametrize("name", NAMES)
def test_any_values_give_a_finite_result_of_the_same_kind(name: str, num_ws: int, player: Maker, image: Tensor) -> None:
    playing, dice = player(name, num_ws=num_ws, seed=3), random.Random(num_ws)
    wanted = image[0] if not hasattr(playing.plugin, "update") else playing.base[0]
    for _ in range(25):
        playing.values = {param.name: draw(param, dice) for param in playing.params}
        for _ in range(5):
            result = step(playing, image)
            assert result.shape == wanted.shape
            assert result.dtype == wanted.dtype
            assert bool(result.isfinite().all()), playing.values


@pytest.mark.parametrize("num_ws", LAYERS)
@pytest.mark.parametrize("name", NAMES)
def test_two_instances_with_one_seed_show_the_same_frames_to_the_bit(
    name: str, num_ws: int, player: Maker, image: Tensor
) -> None:
    shows = []
    for _ in range(2):
        playing, dice = player(name, num_ws=num_ws, seed=8), random.Random(1)
        frames = []
        for index in range(120):
            if index % 20 == 10:
                playing.values = {param.name: draw(param, dice) for param in playing.params}
            frames.append(step(playing, image))
        shows.append(torch.stack(frames))
    assert torch.equal(*shows)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_of_the_show_draws_other_faces(name: str, player: Maker) -> None:
    active = {"random_walk": {}, "face_interpolation": {}, "children": {}, "style_mixing": {"coarse": 1.0}}
    extremes = {"direction_sweep": {"mode": "extremes", "knobs": 64}}
    if name not in active | extremes:
        pytest.skip("draws nothing")
    first, second = (player(name, seed=seed).play(1.0, **(active | extremes)[name])[-1] for seed in (1, 2))
    assert (first - second).norm() > 1.0


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_comes_in_is_changed_in_place(name: str, player: Maker, image: Tensor) -> None:
    playing, dice = player(name), random.Random(2)
    kept = image.clone(), playing.base.clone(), playing.generator.mean.clone(), playing.generator.directions.clone()
    for _ in range(20):
        playing.values = {param.name: draw(param, dice) for param in playing.params}
        step(playing, image)
    after = image, playing.base, playing.generator.mean, playing.generator.directions
    assert all(torch.equal(a, b) for a, b in zip(kept, after, strict=True))


@pytest.mark.parametrize("num_ws", LAYERS)
@pytest.mark.parametrize("name", NAMES)
def test_left_at_rest_no_frame_leaps(name: str, num_ws: int, player: Maker, image: Tensor) -> None:
    playing = player(name, num_ws=num_ws)
    frames = torch.stack([step(playing, image) for _ in range(600)]).flatten(1)
    steps = (frames[1:] - frames[:-1]).norm(dim=1)
    assert steps.max() <= 4 * steps.median() + 1e-5


def settings(params: list[Param]) -> Iterator[tuple[str, Value]]:
    """Yield values that no glide leads to: all but the floats that glide, and those not at their ends."""
    for param in params:
        if isinstance(param, Choice):
            yield from ((param.name, choice) for choice in param.choices)
        elif isinstance(param, Text):
            yield (param.name, "7 12" if param.name == "faces" else "absent.safetensors")
        elif not (isinstance(param, Float) and param.glide):
            yield from ((param.name, param.from_unit(u)) for u in (0.3, 0.7))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sharpen"])
def test_no_switch_and_no_number_makes_the_picture_jump(name: str, player: Maker) -> None:
    modes = next((param.choices for param in player(name).params if param.name == "mode"), (None,))
    for mode in modes:
        for setting, value in settings(player(name).params):
            playing = player(name, fps=60)
            knobs = {"amount": 1.0, "coarse": 0.7, "fine": 0.5, "position": 0.4, "reach": 0.6}
            base = {known: v for known, v in knobs.items() if known in playing.values}
            if mode:
                base["mode"] = mode
            before = playing.play(1.25, **base)[-1]
            frames = torch.stack([before, *playing.play(1.0, **{setting: value})])
            leap = (frames[1:] - frames[:-1]).flatten(1).norm(dim=1).max()
            # How far two faces are apart. A quarter in one frame is a cut.
            apart = (playing.generator.sample([1]) - playing.generator.sample([2])).norm()
            assert leap < 0.25 * apart, (mode, setting, value)


@pytest.mark.parametrize("name", NAMES)
def test_another_generator_may_take_over_in_the_middle_of_a_show(
    name: str, player: Maker, toy: Maker, image: Tensor
) -> None:
    playing = player(name)
    for _ in range(60):
        step(playing, image)
    other = toy(14, 48, SIDE)
    if hasattr(playing.plugin, "start"):
        playing.plugin.start(stage=replace(playing.stage, generator=other))
    playing.base, image = other.sample([1]), image[..., :96]
    for _ in range(60):
        result = step(playing, image)
        assert result.shape == (playing.base[0] if hasattr(playing.plugin, "update") else image[0]).shape
        assert bool(result.isfinite().all())


class Watch(TorchDispatchMode):
    """Notes which operations run."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_takes_few_operations_and_never_reads_a_value_back(
    name: str, player: Maker, image: Tensor, record_property: Callable[[str, object], None]
) -> None:
    playing = player(name, num_ws=14, w_dim=512)
    for param in playing.params:
        if param.name in ("amount", "coarse", "reach"):
            playing.values[param.name] = 0.5
    for _ in range(3):
        step(playing, image)
    with Watch() as watch:
        step(playing, image)
    assert 0 < len(watch.seen) <= MOST_OPERATIONS, watch.seen
    assert not [operation for operation in watch.seen if "_local_scalar_dense" in operation]
    began = time.perf_counter()
    for _ in range(50):
        step(playing, image)
    record_property("cost_ms", (time.perf_counter() - began) / 50 * 1e3)


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_a_frame_never_waits_for_the_device(name: str, player: Maker, toy: Maker, image: Tensor) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    generator = toy(14, 64, 112)
    generator.mean, generator.directions = generator.mean.cuda(), generator.directions.cuda()
    on_cpu = generator.sample
    generator.sample = lambda seeds: on_cpu(seeds).cuda()
    playing, image, dice = player(name, generator=generator), image.cuda(), random.Random(4)
    step(playing, image)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(30):
            playing.values = {p.name: p.from_unit(dice.random()) for p in playing.params if not isinstance(p, Text)} | {
                p.name: "" for p in playing.params if isinstance(p, Text)
            }
            step(playing, image)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_says_what_it_does(name: str, player: Maker) -> None:
    for param in player(name).params:
        assert param.help.endswith((".", ")")), param.name
        assert param.help[0].isupper() or param.help.split(maxsplit=1)[0] in ("hand:", "slerp", "travel"), param.name


def descriptor(number: int) -> tuple[int, int] | None:
    """Return which file is behind a descriptor; None where it is closed."""
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def duties() -> dict[str, object]:
    """Return what no guard puts back, which an author leaves alone; see "When a plugin fails" in docs/hooks.md."""
    cudnn, left = torch.backends.cudnn, signal.getitimer(signal.ITIMER_REAL)[0]
    signals = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
    modules = {module: dict(vars(module)) for module in (builtins, os, time, random, math)}
    return {
        "the standard streams": [descriptor(number) for number in range(3)],
        "signals": [signal.getsignal(number) for number in signals],
        # When it rings; the tests' own timeout is one.
        "the alarm": left and round(time.monotonic() + left),
        "what runs at the end": atexit._ncallbacks(),
        "cuDNN": (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32),
        "other modules": {module.__name__: held for module, held in modules.items()},
    }


@WITH_ALARMS
@pytest.mark.parametrize("name", NAMES)
def test_what_no_guard_can_put_back_is_left_alone(name: str, player: Maker, image: Tensor) -> None:
    player(name)  # libraries that it imports may do what they like, once
    before = duties()
    playing, dice = player(name), random.Random(6)
    for _ in range(20):
        playing.values = {param.name: draw(param, dice) for param in playing.params}
        step(playing, image)
    playing.stop()
    after = duties()
    assert {what for what in before if before[what] != after[what]} == set()


@WITH_ALARMS
@pytest.mark.parametrize(
    ("what", "harm", "mend"),
    [
        (
            "the alarm",
            lambda: signal.setitimer(signal.ITIMER_REAL, 900),
            lambda: signal.setitimer(signal.ITIMER_REAL, 0),
        ),
        ("what runs at the end", lambda: atexit.register(duties), lambda: atexit.unregister(duties)),
        ("other modules", lambda: setattr(math, "tau", 6.0), lambda: setattr(math, "tau", 2 * math.pi)),
    ],
)
def test_harm_is_noticed(what: str, harm: Callable[[], object], mend: Callable[[], object]) -> None:
    before = duties()
    harm()
    after = duties()
    mend()
    assert {each for each in before if before[each] != after[each]} == {what}
