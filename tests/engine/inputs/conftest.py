"""What the inputs' tests share: a store with one parameter of each kind, OSC into it, and waiting for a condition."""

import time
from collections.abc import Callable, Iterator

import pytest
from tests.engine.inputs.osc.osc_controller import Controller

from likeness.inputs.osc.server import OscInput
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Choice, Float, Int, Text, Trigger

DEADLINE_S = 20.0


@pytest.fixture
def store() -> ParamStore:
    """Return a store with the owners "walk" and "master"."""
    store = ParamStore()
    store.declare(
        "walk",
        [
            Float("speed", 0.5, min=0.0, max=10.0, unit="Hz"),
            Float("depth", 0.5),
            Int("seed", 0, max=1000),
            Bool("on"),
            Choice("mode", "slow", choices=("slow", "fast", "wild")),
            Text("title"),
            Trigger("jump"),
        ],
    )
    store.declare("master", [Bool("blackout"), Bool("freeze"), Float("brightness", 1.0), Float("fade", 0.5, max=20.0)])
    return store


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that waits until a condition holds, and fails where it does not in time."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in time"
            time.sleep(0.001)

    return wait


@pytest.fixture
def osc(store: ParamStore) -> Iterator[OscInput]:
    """Return an input on a free port."""
    osc = OscInput(store, 0)
    osc.start()
    yield osc
    osc.close()


@pytest.fixture
def controller(osc: OscInput) -> Iterator[Controller]:
    """Return a controller that sends to `osc`."""
    controller = Controller(osc.port)
    yield controller
    controller.close()
