"""A show follows weights that are written anew while it plays, as a training run writes them."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.files.paths import RUN_WEIGHTS, find_weights
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.options import QUIET
from likeness.parameters.presets import Preset, ShowTable
from likeness.show.file_watcher import follow_weights
from likeness.show.show import Show

DEADLINE_S = 30.0


def export(run: Path, red: float) -> None:
    """Write weights that draw one colour, as a run does: beside, then renamed."""
    decoder = Decoder(4, [4, 4], norm=False)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.zero_()
        decoder.layers[-1].bias.copy_(torch.atanh(torch.tensor([red, 0.0, 0.0])))
    arguments = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
    write_weights(run / RUN_WEIGHTS, WeightsHeader("dcgan", arguments), decoder.state_dict())


def until(met: Callable[[], bool], between: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not met():
        assert time.monotonic() < deadline
        between()


def test_a_show_changes_over_to_what_a_run_has_written_and_plays_on_through_a_broken_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    export(tmp_path, 0.5)
    options = replace(QUIET, device="cpu", weights=str(tmp_path), follow=True, offline=True)
    with Show(Preset(show=ShowTable(seed=1, fps=50)), options) as show:

        def red() -> int:
            return int(show.loop.picture[0, 0, 0])

        show.loop.frame()
        assert red() == pytest.approx(0.5 * 127.5 + 128, abs=1)
        first = show.generator
        (tmp_path / "torn").write_bytes(b"torn")
        (tmp_path / "torn").replace(tmp_path / RUN_WEIGHTS)
        until(lambda: "is not taken" in caplog.text, show.loop.frame)
        assert red() == pytest.approx(0.5 * 127.5 + 128, abs=1)
        export(tmp_path, -0.5)
        until(lambda: show.generator is not first, show.loop.frame)
        until(lambda: abs(red() - (128 - 0.5 * 127.5)) <= 1, show.loop.frame)


def test_what_the_show_refuses_is_a_line_and_the_next_one_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    export(tmp_path, 0.1)
    asked: list[str] = []

    def load(name: str) -> None:
        asked.append(name)
        if len(asked) == 1:
            raise WeightsError("not this one")

    watch = follow_weights(str(tmp_path), load)
    try:
        export(tmp_path, 0.2)
        until(lambda: len(asked) == 1)
        export(tmp_path, 0.3)
        until(lambda: len(asked) == 2)
    finally:
        watch.close()
    assert asked == [str(tmp_path)] * 2
    assert "was written, but: not this one" in caplog.text


def test_a_run_that_has_written_nothing_yet_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    with pytest.raises(WeightsError, match="has written no weights yet"):
        find_weights(str(tmp_path))
