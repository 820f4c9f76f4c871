"""The host: the rack's order, the three kinds of call, and what happens when a plugin fails."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness import Event, Float, Frame, Note, Param, Stage, Values, hookimpl
from likeness.errors import PluginError, WeightsError
from likeness.host.budget import MOST_OVERRUNS, Budget
from likeness.host.host import MOST_STRIKES, Host
from likeness.host.slot import RackChange
from likeness.stage import PluginParams


class Add:
    """Adds `amount` to the latent and remembers what it was told."""

    def __init__(self, amount: float) -> None:
        self.amount = amount
        self.told: list[str] = []

    @hookimpl
    def declare_params(self) -> Sequence[Param]:
        return [Float("gain", 1.0, max=4.0)]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self.told.append("start")

    @hookimpl
    def handle(self, event: Event) -> None:
        self.told.append(repr(event))

    @hookimpl
    def update(self, latent: Tensor, params: Values) -> Tensor:
        return latent * 2 + self.amount * float(params["gain"])

    @hookimpl
    def stop(self) -> None:
        self.told.append("stop")


class Raises:
    """Raises in every frame, half-way."""

    error: BaseException = RuntimeError("boom")

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        raise self.error


class Returns:
    """Returns whatever it was given at birth."""

    def __init__(self, result: object) -> None:
        self.result = result

    @hookimpl
    def update(self, latent: Tensor) -> Any:
        return self.result


def frame(host: Host, index: int = 0) -> Frame:
    host.store.advance(0.02)
    return Frame(index, index * 0.02, 0.02, 0.0, host.store.snapshot)


def stage(host: Host, toy: Callable[..., Any]) -> Stage:
    return Stage(toy(), PluginParams(host.store), torch.device("cpu"), 1)


ONE = torch.ones(1, 4, 16)


def test_a_chain_goes_in_the_order_of_the_rack() -> None:
    host = Host()
    host.add("first", Add(1.0))
    host.add("second", Add(10.0))
    assert torch.equal(host.update(ONE, frame(host)), (ONE * 2 + 1) * 2 + 10)
    host.rack.reverse()
    assert torch.equal(host.update(ONE, frame(host)), (ONE * 2 + 10) * 2 + 1)


def test_a_plugin_reads_its_own_parameters() -> None:
    host = Host()
    host.add("add", Add(1.0))
    host.store.set("add.gain", 3)
    assert torch.equal(host.update(ONE, frame(host)), ONE * 2 + 3)


def test_a_failing_plugin_is_skipped_and_the_value_before_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    host.add("add", Add(1.0))
    host.add("raises", Raises())
    for index in range(5):
        assert torch.equal(host.update(ONE, frame(host, index)), ONE * 2 + 1)
    tracebacks = [record for record in caplog.records if record.exc_info]
    assert len(tracebacks) == 1
    assert len(caplog.records) == 1


def test_after_many_strikes_in_a_row_it_is_bypassed_until_the_performer_tries_it_again() -> None:
    host = Host()
    host.add("raises", Raises())
    for index in range(MOST_STRIKES):
        host.update(ONE, frame(host, index))
    assert frame(host).values["raises"]["bypass"] is True
    host.store.set("raises.bypass", False)
    host.update(ONE, frame(host))
    assert frame(host).values["raises"]["bypass"] is False
    assert host.rack[0].strikes == 1


@pytest.mark.parametrize("result", [ONE[:, :2], ONE.double(), "a face", 3.0, ONE * torch.nan, ONE * torch.inf])
def test_another_shape_or_kind_is_a_strike(result: object, caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    host.add("odd", Returns(result))
    assert host.update(ONE, frame(host)) is ONE
    assert host.rack[0].strikes == 1
    assert "wanted" in caplog.text


def test_none_leaves_the_value() -> None:
    host = Host()
    host.add("quiet", Returns(None))
    assert host.update(ONE, frame(host)) is ONE
    assert host.rack[0].strikes == 0


def test_a_plugin_that_exits_does_not_end_the_show() -> None:
    host = Host()
    plugin = Raises()
    plugin.error = SystemExit(1)
    host.add("exits", plugin)
    assert host.update(ONE, frame(host)) is ONE


def test_each_hook_reaches_every_plugin_though_one_fails(toy: Callable[..., Any]) -> None:
    class Grumbles:
        @hookimpl
        def start(self) -> None:
            raise RuntimeError("no")

        @hookimpl
        def handle(self) -> None:
            raise RuntimeError("no")

        @hookimpl
        def stop(self) -> None:
            raise RuntimeError("no")

    host, last = Host(), Add(0)
    host.add("grumbles", Grumbles())
    host.add("last", last)
    host.start(stage(host, toy))
    host.store.set("grumbles.bypass", False)
    host.store.advance(0)
    host.handle(Note(60, 1.0), stage(host, toy))
    host.stop(stage(host, toy))
    assert last.told == ["start", repr(Note(60, 1.0)), "stop"]


def test_a_misspelt_hook_is_named() -> None:
    class Misspelt:
        @hookimpl
        def updat(self, latent: Tensor) -> Tensor:
            return latent

    host = Host()
    with pytest.raises(PluginError, match=r"^there is no hook 'updat'; nearest: update$") as refused:
        host.add("misspelt", Misspelt())
    assert refused.value.place is None
    with pytest.raises(PluginError, match=r"^there is no hook 'updat'; nearest: update$") as refused:
        host.add("misspelt", Misspelt(), Path("plugins/misspelt.py"))
    assert refused.value.place == ("plugins/misspelt.py", Misspelt.updat.__code__.co_firstlineno)
    host.add("fine", Add(0))
    assert [slot.name for slot in host.rack] == ["fine"]


def test_an_argument_that_there_is_not_is_named() -> None:
    class Greedy:
        @hookimpl
        def update(self, latent: Tensor, money: int) -> Tensor:
            return latent

    with pytest.raises(PluginError, match="'update' is given no 'money'; there are: frame, latent, params"):
        Host().add("greedy", Greedy())


def test_a_plugin_without_hooks_or_with_a_taken_name_is_refused() -> None:
    host = Host()
    with pytest.raises(PluginError, match="no hook"):
        host.add("empty", object())
    host.add("add", Add(0))
    with pytest.raises(PluginError, match="is taken"):
        host.add("add", Add(1))
    for name in ("master", "show", "mod", "status"):
        with pytest.raises(PluginError, match=f"cannot be called '{name}'.*rename the plugin's file"):
            host.add(name, Add(1))


def test_costs_are_counted_for_both_chains_of_a_frame() -> None:
    host = Host()
    host.add("add", Add(1.0))
    for index in range(3):
        host.update(ONE, frame(host, index))
        host.process_image(torch.zeros(1, 3, 8, 8), frame(host, index))
        host.end_frame(10.0)
    assert host.rack[0].cost_ms > 0


def test_weights_of_no_family_end_in_one_line(tmp_path: Any) -> None:
    with pytest.raises(WeightsError, match="there is no weights file"):
        Host().open_generator(tmp_path / "none", "cpu")
    (tmp_path / "text.txt").write_text("no weights")
    with pytest.raises(WeightsError, match="of no family"):
        Host().open_generator(tmp_path / "text.txt", "cpu")


def test_values_given_to_plugins_cannot_be_changed() -> None:
    host = Host()
    host.add("add", Add(1.0))
    assert isinstance(frame(host).values["add"], MappingProxyType)
    logging.getLogger(__name__).debug("seen")


class Slow:
    """Takes three thousandths of a second of every frame."""

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        until = time.perf_counter() + 0.003
        while time.perf_counter() < until:
            pass
        return latent


def test_a_plugin_that_holds_the_show_up_is_bypassed_and_the_rest_play_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    host = Host(budget=Budget(2.0))
    host.add("slow", Slow())
    host.add("add", Add(1.0))
    for index in range(MOST_OVERRUNS):
        assert index >= 3 or frame(host).values["slow"]["bypass"] is False
        host.update(ONE, frame(host, index))
        host.process_image(torch.zeros(1, 3, 8, 8), frame(host, index))
        host.end_frame(4.0)
    values = frame(host).values
    assert values["slow"]["bypass"] is True
    assert values["add"]["bypass"] is False
    assert "slow holds the show up" in caplog.text


def test_what_comes_for_the_next_frame_waits_for_it() -> None:
    host = Host()
    old = host.add("add", Add(1.0))
    host.schedule_change(RackChange([], [(old, None)]))
    assert torch.equal(host.update(ONE, frame(host)), ONE * 2 + 1)
    host.apply_change()
    assert host.update(ONE, frame(host)) is ONE
