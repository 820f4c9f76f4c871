"""Random faulty plugins, played against a live show; the command plays more of them."""

import random
from pathlib import Path

import pytest
from tests.benchmarks.faulty_plugins import draw_faulty, write_source
from tests.benchmarks.random_plugins import Player

from likeness.host import host, open_generator
from likeness.show import generator_swap, rack_editor

pytestmark = pytest.mark.usefixtures("torch_as_it_was")

HANG_S = 0.2


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    monkeypatch.setattr(host, "STOP_S", 0.2)
    monkeypatch.setattr(rack_editor, "STUCK_S", 0.1)
    monkeypatch.setattr(generator_swap, "OPENED_S", 1.0)
    monkeypatch.setattr("tests.benchmarks.random_plugins.PATIENCE_S", 0.3)
    monkeypatch.setattr("tests.benchmarks.random_plugins.FRAMES", 4)
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    player = Player(tmp_path, HANG_S)
    # Of those that a fault delays; the first ones may take what a busy machine needs.
    monkeypatch.setattr(open_generator, "OPEN_S", 0.5)
    return player


# Files that faulty plugins leave open, and errors in threads that were left behind, are their own.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_pictures_go_on_and_the_rack_can_be_edited_whatever_a_plugin_does(player: Player) -> None:
    dice = random.Random(7)
    with player.show:
        for _ in range(30):
            player.play(draw_faulty(dice))
            # A new picture, whatever the one before was.
            drawn = player.show.loop.drawn
            assert player._until(lambda: player.show.loop.drawn is not drawn), player.played.culprit  # noqa: B023
    assert player.played.stuck == []


def test_every_fault_can_be_written_as_a_file() -> None:
    dice = random.Random(1)
    for _ in range(300):
        compile(draw_faulty(dice).source, "faulty.py", "exec")
    compile(write_source("none", ""), "good.py", "exec")
