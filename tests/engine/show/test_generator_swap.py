"""The generator changes while a show plays: no frame is missed, the picture fades, and what fails changes nothing."""

import socket
import threading
from collections.abc import Callable

import numpy as np
import pytest
from tests.engine.show.generator_swap_rig import DEADLINE_S, FPS, Rig

from likeness.errors import WeightsError
from likeness.inputs.osc.packet import decode, encode
from likeness.show.loop import PATIENCE_S


def test_the_picture_fades_over_to_a_generator_of_another_shape_and_no_frame_is_missed(
    swap_rig: Callable[..., Rig],
) -> None:
    playing = swap_rig()
    playing.take("large", 0.5)
    playing.frame(40)
    sides, pictures = playing.sides(), playing.out.pictures
    first = sides.index(64)
    assert set(sides[:first]) == {32}
    assert set(sides[first:]) == {64}
    old, new = playing.colour(8).astype(float), playing.colour(24).astype(float)
    assert np.abs(new - old).max() > 50
    assert np.array_equal(pictures[first - 1], np.broadcast_to(playing.colour(8), (32, 32, 3)))
    for k in range(1, 25):
        # 25 frames along the Hermite step, from what was shown to what is drawn.
        share = 3 * (k / 25) ** 2 - 2 * (k / 25) ** 3
        assert np.abs(pictures[first + k - 1] - (old + (new - old) * share)).max() <= 1.0
    assert np.array_equal(pictures[first + 24], np.broadcast_to(playing.colour(24), (64, 64, 3)))
    assert playing.loop.stats.repeated == 0
    assert playing.loop.stats.frames == len(pictures)
    assert np.allclose(np.diff(playing.out.times), 1 / FPS)


def test_no_time_at_all_cuts(swap_rig: Callable[..., Rig]) -> None:
    playing = swap_rig()
    playing.take("large", 0)
    assert np.array_equal(playing.out.pictures[playing.sides().index(64)][0, 0], playing.colour(24))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken.toy", "ValueError"),
        ("exits.toy", "SystemExit"),
        ("unspeakable.toy", "Unspeakable"),
        ("foreign.bin", "of no family"),
    ],
)
def test_weights_that_do_not_open_are_one_line_and_the_old_ones_play_on(
    swap_rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture, name: str, said: str
) -> None:
    playing = swap_rig()
    (playing.folder / "foreign.bin").write_bytes(b"nothing of ours")
    generator, plugin = playing.show.generator, playing.plugin()
    playing.show.generator_swap.load(str(playing.folder / name))
    playing.until(lambda: "plays on" in caplog.text)
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert said in line.message
    assert name in line.message
    assert not line.exc_info
    playing.frame()
    assert playing.show.generator is generator
    assert playing.plugin() is plugin
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(8))
    # And another can be taken after it.
    playing.take("large")
    assert playing.loop.stats.repeated == 0


def test_a_generator_that_never_draws_its_first_picture_keeps_no_other_from_playing(
    swap_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likeness.show.generator_swap.OPENED_S", 0.3)
    playing = swap_rig()
    swap = playing.show.generator_swap
    swap.load(str(playing.weights("hangs")))
    playing.until(lambda: swap.error)
    assert "hangs is not taken: it was not ready" in swap.error
    playing.take("large", 0)
    assert playing.out.pictures[-1].shape[0] == 64


def test_after_a_swap_free_memory_goes_back_to_the_system(
    swap_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    returned = threading.Event()
    monkeypatch.setattr("likeness.show.generator_swap.LET_GO_S", 0.0)
    monkeypatch.setattr("likeness.show.generator_swap.return_free_memory", returned.set)
    playing = swap_rig()
    playing.take("large", 0)
    assert returned.wait(20)
    playing.take("small", 1e300)
    playing.take("large", 0)


def test_memory_goes_back_also_where_weights_follow_one_another_without_a_pause(
    swap_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    returned = threading.Event()
    monkeypatch.setattr("likeness.show.generator_swap.LET_GO_S", 300.0)
    monkeypatch.setattr("likeness.show.generator_swap.return_free_memory", returned.set)
    playing = swap_rig()
    playing.take("large", 0)
    assert not returned.is_set()
    playing.take("small", 0)
    assert returned.is_set()


def test_what_cannot_be_is_refused_at_once(swap_rig: Callable[..., Rig]) -> None:
    swap = swap_rig().show.generator_swap
    with pytest.raises(WeightsError, match=r"no weights 'compsite-256'.*composite-256"):
        swap.load("compsite-256")
    for seconds in (-1, "soon"):
        with pytest.raises(WeightsError, match="a time in seconds"):
            swap.load("composite-256", seconds)


def test_a_plugin_that_does_not_start_with_the_new_generator_is_bypassed_until_one_fits(
    swap_rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    playing = swap_rig()
    playing.store.set("shift.by", 0.5)
    playing.take("two", 0)
    playing.frame(2)
    assert "shift does not start" in caplog.text
    assert playing.store.snapshot["shift"]["bypass"] is True
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(24))
    playing.take("small", 0)
    playing.frame(2)
    assert playing.store.snapshot["shift"]["bypass"] is False
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(8, 0.5))
    # What the performer left out stays out.
    playing.store.set("shift.bypass", True)
    playing.take("large", 0)
    playing.frame(2)
    assert playing.store.snapshot["shift"]["bypass"] is True
    assert playing.loop.stats.repeated == 0


def test_of_weights_asked_for_one_after_the_other_the_newest_play(
    swap_rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    playing = swap_rig()
    gate = playing.plugin("toys").gate = threading.Event()
    for name in ("twin", "two", "large"):
        playing.show.generator_swap.load(str(playing.weights(name)), 0)
    playing.frame(5)
    gate.set()
    playing.until(lambda: playing.show.generator.info.num_ws == 8)
    assert "large.toy plays" in caplog.text
    assert "opening" in caplog.text
    assert f"opening {playing.weights('two')}" not in caplog.text


def test_osc_asks_what_plays_and_changes_it(swap_rig: Callable[..., Rig], unused_udp_port: int) -> None:
    playing = swap_rig(osc_port=unused_udp_port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(DEADLINE_S)

        def name() -> object:
            client.sendto(encode("/generator"), ("127.0.0.1", unused_udp_port))
            return decode(client.recv(4096))[0].args[0]

        assert name() == str(playing.weights("small"))
        client.sendto(encode("/generator/load", str(playing.weights("large")), 0.1), ("127.0.0.1", unused_udp_port))
        playing.until(lambda: playing.show.generator.info.num_ws == 8)
        assert name() == str(playing.weights("large"))


def change_back_and_forth(playing: Rig) -> bool:
    """Change the generator live; return whether no frame was missed."""
    repeated = playing.loop.stats.repeated
    playing.loop.stats.timings.clear()
    for name in ("large", "small", "broken", "twin", "small"):
        if name == "broken":
            playing.show.generator_swap.load(str(playing.weights(name)))
        else:
            playing.take(name, 0.1)
            playing.frame(10)
    return (
        playing.loop.stats.repeated == repeated
        and max(each.frame_ms for each in playing.loop.stats.timings) < PATIENCE_S * 1e3
    )


def test_a_live_show_misses_no_frame_when_its_generator_changes(swap_rig: Callable[..., Rig]) -> None:
    playing = swap_rig(offline=False)
    playing.frame(20)
    # A busy machine costs a frame now and then; what the changes cost would come every time.
    assert any(change_back_and_forth(playing) for _ in range(4))
