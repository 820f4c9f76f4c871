"""Where the travel is at a given time, against sines worked out by hand; and that nothing makes it jump."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.toolkit.latent_file import write_latent

Maker = Callable[..., Any]
NAME = "face_interpolation"
SEEDS = "7 12 99"


def faces(player: Any, text: str = SEEDS) -> Tensor:
    return player.generator.sample([int(seed) for seed in text.split()])


def steps(path: Tensor) -> Tensor:
    return (path[1:] - path[:-1]).flatten(1).norm(dim=1)


def test_it_leaves_the_first_named_face_and_arrives_at_each_in_turn(player: Maker) -> None:
    playing = player(NAME, mean=0.3)
    path = playing.play(6.5, faces=SEEDS, travel=1.0, hold=1.0)
    first, second, third = faces(playing)
    for second_of_show, face in ((0, first), (1, second), (2, second), (3, third), (4, third), (5, first), (6, first)):
        assert torch.allclose(path[second_of_show * 60], face, atol=1e-5), second_of_show


def test_half_way_is_the_middle_of_the_great_circle(player: Maker) -> None:
    playing = player(NAME, num_ws=1, mean=0.3)
    shown = playing.play(1.0 + 1 / 60, faces="7 12", travel=2.0)[60, 0] - 0.3
    a, b = (face[0] - 0.3 for face in faces(playing, "7 12"))
    # The middle of the arc bisects the angle, and its length lies half-way.
    middle = a / a.norm() + b / b.norm()
    assert torch.allclose(shown, middle / middle.norm() * (a.norm() + b.norm()) / 2, atol=1e-4)


def test_lerp_goes_straight(player: Maker) -> None:
    playing = player(NAME)
    shown = playing.play(1.0 + 1 / 60, faces="7 12", travel=2.0, path="lerp", easing="linear")[60]
    assert torch.allclose(shown, faces(playing, "7 12").mean(dim=0), atol=1e-5)


def test_a_closed_loop_returns_to_its_first_frame(player: Maker) -> None:
    path = player(NAME).play(9.0, count=3, travel=1.25, hold=0.25)
    assert torch.allclose(path[:270], path[270:], atol=1e-5)


@pytest.mark.parametrize(("order", "visited"), [("loop", "0120120"), ("ping-pong", "0121012"), ("once", "0122222")])
def test_each_order_visits_the_faces_in_its_way(order: str, visited: str, player: Maker) -> None:
    playing = player(NAME)
    path = playing.play(7.0, faces=SEEDS, travel=0.5, hold=0.5, order=order)
    known = faces(playing)
    # Just before the hold ends the face stands.
    nearest = [int((known - path[at * 60 - 10]).flatten(1).norm(dim=1).argmin()) for at in range(1, 7)]
    assert [0, *nearest] == [int(face) for face in visited]


def test_shuffle_goes_on_to_another_face_each_time_and_misses_none(player: Maker) -> None:
    playing = player(NAME)
    path = playing.play(30.0, faces=SEEDS, travel=0.5, hold=0.5, order="shuffle")
    known = faces(playing)
    visited = [int((known - path[at * 60 - 10]).flatten(1).norm(dim=1).argmin()) for at in range(1, 30)]
    assert all(a != b for a, b in itertools.pairwise(visited))
    assert set(visited) == {0, 1, 2}


def test_a_key_in_mid_travel_turns_the_way_without_a_jump(player: Maker) -> None:
    playing = player(NAME)
    way = playing.play(1.0, faces=SEEDS, travel=2.0, hold=4.0)
    playing.note(62)
    turned = playing.play(2.5)
    path = torch.cat([way, turned])
    assert steps(path).max() < 3 * steps(way).max()
    assert torch.allclose(path[-1], faces(playing)[2], atol=1e-5)


def test_keys_outside_the_faces_or_switched_off_are_left_to_others(player: Maker) -> None:
    playing, undisturbed = player(NAME), player(NAME)
    playing.note(59)
    playing.note(63)
    assert torch.equal(playing.play(1.0, faces=SEEDS), undisturbed.play(1.0, faces=SEEDS))
    playing.note(62)
    assert torch.equal(playing.play(1.0, keys=False), undisturbed.play(1.0))


def test_next_and_previous_go_round(player: Maker) -> None:
    playing = player(NAME)
    playing.play(0.5, faces=SEEDS, travel=0.2, hold=100.0)
    assert torch.allclose(playing.play(0.5, next=1)[-1], faces(playing)[2], atol=1e-5)
    assert torch.allclose(playing.play(0.5, next=1)[-1], faces(playing)[0], atol=1e-5)
    assert torch.allclose(playing.play(0.5, previous=1)[-1], faces(playing)[2], atol=1e-5)


def test_by_hand_the_fader_is_the_place_in_the_row(player: Maker) -> None:
    playing = player(NAME)
    first, second, third = faces(playing)
    for position, face in ((0.0, first), (0.5, second), (1.0, third)):
        assert torch.allclose(playing.update(mode="hand", faces=SEEDS, position=position), face, atol=1e-5)
    between = playing.update(position=0.25)
    assert (between - first).norm() == pytest.approx(float((between - second).norm()), rel=0.05)


def test_taking_it_in_hand_and_letting_go_does_not_jump(player: Maker) -> None:
    playing = player(NAME)
    free = playing.play(1.5, faces=SEEDS, travel=4.0)
    path = torch.cat([free, playing.play(1.5, mode="hand", position=1.0), playing.play(1.0, mode="travel")])
    apart = (faces(playing)[0] - faces(playing)[1]).norm()
    assert steps(path).max() < 0.05 * apart
    assert torch.allclose(path[175], faces(playing)[2], atol=1e-5)


def test_on_the_beat_each_leg_ends_where_the_next_begins(player: Maker) -> None:
    playing = player(NAME)
    # 120 beats a minute: two beats are a second.
    path = playing.play(5.1, faces=SEEDS, beats=2.0, easing="linear", travel=3.0, hold=0.0)
    known = faces(playing)
    for second_of_show, face in ((0, 0), (1, 0), (2, 1), (3, 2), (4, 0)):
        assert torch.allclose(path[second_of_show * 60], known[face], atol=1e-4), second_of_show
    assert steps(path[60:]).max() < 2 * steps(path[60:]).median()


def test_hold_takes_its_share_of_the_beats(player: Maker) -> None:
    playing = player(NAME)
    path = playing.play(2.1, faces=SEEDS, beats=2.0, travel=1.0, hold=1.0)
    assert torch.allclose(path[60], faces(playing)[0], atol=1e-4)
    assert steps(path[91:120]).max() < 1e-4
    assert torch.allclose(path[91], faces(playing)[1], atol=1e-4)


def test_saved_faces_and_seeds_go_together(player: Maker, tmp_path: Path) -> None:
    saved = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    write_latent(tmp_path / "my face.safetensors", saved)
    playing = player(NAME)
    path = playing.play(1.5, faces=f'7 "{tmp_path / "my face.safetensors"}"', travel=1.0, hold=9.0)
    assert torch.allclose(path[0], faces(playing, "7")[0], atol=1e-5)
    assert torch.allclose(path[-1], saved, atol=1e-5)


@pytest.mark.parametrize("wrong", ["7 anna", "absent.safetensors"])
def test_a_text_that_is_no_list_is_logged_and_the_faces_before_go_on(
    wrong: str, player: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    playing, undisturbed = player(NAME), player(NAME)
    before = playing.play(1.0, faces=SEEDS), undisturbed.play(1.0, faces=SEEDS)
    after = playing.play(1.0, faces=wrong), undisturbed.play(1.0)
    assert torch.equal(before[0], before[1])
    assert torch.equal(after[0], after[1])
    assert len(caplog.records) == 1
    assert wrong.split()[-1] in caplog.text


def test_amount_0_leaves_the_incoming_face(player: Maker) -> None:
    playing = player(NAME)
    assert torch.allclose(playing.update(amount=0.0), playing.base[0])


def test_one_face_alone_stands_still(player: Maker) -> None:
    path = player(NAME).play(3.0, faces="7", travel=0.5)
    assert steps(path).max() < 1e-4
    assert math.isfinite(float(path.sum()))


def test_the_frame_rate_does_not_change_the_way(player: Maker) -> None:
    slow = player(NAME, fps=30.0).play(7.0, faces=SEEDS, travel=0.9, hold=0.35)
    fast = player(NAME, fps=60.0).play(7.0, faces=SEEDS, travel=0.9, hold=0.35)
    assert torch.allclose(slow, fast[::2], atol=2e-4)


def test_turning_to_beats_between_two_lines_of_the_grid_begins_a_leg_and_does_not_jump(player: Maker) -> None:
    playing = player(NAME)
    still = playing.play(2.8, faces=SEEDS, travel=0.5, hold=100.0)
    path = torch.cat([still[-1:], playing.play(1.0, beats=4.0, hold=0.0)])
    assert steps(path).max() < 0.05 * (faces(playing)[0] - faces(playing)[1]).norm()
    assert (path[-1] - path[0]).norm() > 1.0


def test_a_face_picked_shortly_before_a_beat_is_not_taken_away_by_it(player: Maker) -> None:
    playing = player(NAME)
    playing.play(1.9, faces=SEEDS, beats=4.0, travel=0.1, hold=1.0)
    playing.note(62)
    # The line at 2 s comes a tenth of a second after the key; the one at 4 s is the next that counts.
    assert torch.allclose(playing.play(2.0)[-1], faces(playing)[2], atol=1e-4)
    assert torch.allclose(playing.play(1.0)[-1], faces(playing)[0], atol=1e-4)
