"""Whose layers a child has, how fair the shares are, and the walk round the siblings."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.toolkit.latent_file import write_latent

Maker = Callable[..., Any]
NAME = "children"
PARENTS = "7 12"
PURE = {"mixing": 0.0, "own": 0.0, "stay": 0.0, "rate": 0.0}


def siblings(player: Any, pairs: int, **values: Any) -> Tensor:
    """Return the siblings `[2 * pairs, num_ws, w_dim]`, read from the fader's places."""
    player.update(pairs=pairs, change=0.0, **({"rate": 0.0} | values))
    count = 2 * pairs
    return torch.stack([player.update(position=index / count) for index in range(count)])


def test_unmixed_every_layer_is_one_parents_and_each_gives_half(player: Maker) -> None:
    playing = player(NAME, mean=0.3)
    first, second = playing.generator.sample([7, 12])
    for child in siblings(playing, 8, faces=PARENTS, **PURE):
        of_first = [torch.allclose(child[layer], first[layer], atol=1e-5) for layer in range(4)]
        of_second = [torch.allclose(child[layer], second[layer], atol=1e-5) for layer in range(4)]
        assert all(a != b for a, b in zip(of_first, of_second, strict=True))
        assert sum(of_first) == sum(of_second) == 2


def test_the_second_of_a_pair_has_what_the_first_has_not(player: Maker) -> None:
    playing = player(NAME)
    parents = playing.generator.sample([7, 12])
    children = siblings(playing, 3, faces=PARENTS, **PURE)
    for one, other in children.view(3, 2, 4, -1):
        assert torch.allclose(one + other, parents.sum(dim=0), atol=1e-5)


@pytest.mark.parametrize("mixing", [0.0, 0.4, 1.0])
def test_over_the_siblings_both_parents_give_half_of_every_group(mixing: float, root: Path) -> None:
    spec = importlib.util.spec_from_file_location("children_under_test", root / "plugins" / "children.py")
    assert spec is not None
    assert spec.loader is not None
    children = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(children)
    for groups in (1, 2, 3, 4):
        shares = children.fair_shares("a seed", 5, groups, mixing)
        assert len(shares) == 10
        for group in range(groups):
            assert sum(share[group] for share in shares) == pytest.approx(5.0)
        assert all(0.0 <= share <= 1.0 for child in shares for share in child)


def test_a_mixed_child_is_as_strong_a_face_as_its_parents(player: Maker) -> None:
    playing = player(NAME, w_dim=512, mean=0.3)
    deviations = (playing.generator.sample([7, 12]) - 0.3).norm(dim=-1)
    children = siblings(playing, 4, faces=PARENTS, mixing=1.0, own=0.0, stay=0.0)
    strengths = (children - 0.3).norm(dim=-1)
    assert strengths.min() > 0.99 * deviations.min()
    assert strengths.max() < 1.01 * deviations.max()
    # And no child is a parent.
    apart = (children[:, None] - playing.generator.sample([7, 12])[None]).norm(dim=-1).flatten(2).amin(dim=2)
    assert apart.min() > 0.2 * (playing.generator.sample([7]) - playing.generator.sample([12])).norm(dim=-1).min()


def test_of_a_single_layer_nobody_gives_the_whole(player: Maker) -> None:
    playing = player(NAME, num_ws=1)
    parents = playing.generator.sample([7, 12])
    for child in siblings(playing, 3, faces=PARENTS, **PURE):
        assert (parents - child).norm(dim=-1).min() > 0.2 * (parents[0] - parents[1]).norm()


def test_own_brings_what_neither_parent_has(player: Maker) -> None:
    playing = player(NAME, w_dim=512)
    first, second = playing.generator.sample([7, 12])

    def foreign(child: Tensor) -> float:
        """Return the share of the child's length outside its parents' plane, in its first layer."""
        basis = torch.linalg.qr(torch.stack([first[0], second[0]]).T).Q
        return float((child[0] - basis @ (basis.T @ child[0])).norm() / child[0].norm())

    none, some, all_of_it = (
        foreign(siblings(player(NAME, w_dim=512), 1, faces=PARENTS, own=own)[0]) for own in (0.0, 0.3, 1.0)
    )
    assert none == pytest.approx(0.0, abs=1e-4)
    assert some == pytest.approx(0.3, abs=0.05)
    assert all_of_it > 0.99


def test_the_walk_goes_round_all_siblings_and_is_back_at_the_first(player: Maker) -> None:
    playing = player(NAME)
    path = playing.play(4.1, faces=PARENTS, pairs=2, rate=1.0, stay=0.2)
    known = siblings(player(NAME), 2, faces=PARENTS)
    for second_of_show in range(5):
        assert torch.allclose(path[second_of_show * 60], known[second_of_show % 4], atol=1e-4), second_of_show
    steps = (path[1:] - path[:-1]).flatten(1).norm(dim=1)
    assert steps.max() < 0.1 * (known[0] - known[1]).norm()


def test_one_seed_has_the_same_children_and_new_has_others(player: Maker) -> None:
    one, same, other = (siblings(player(NAME, seed=seed), 3, faces=PARENTS) for seed in (4, 4, 5))
    assert torch.equal(one, same)
    assert (one - other).norm() > 1.0
    playing = player(NAME, seed=4)
    playing.play(0.1, faces=PARENTS, change=0.0)
    playing.update(new=1)
    assert (siblings(playing, 3) - one).norm() > 1.0


def test_more_pairs_leave_the_first_ones_as_they_were(player: Maker) -> None:
    assert torch.allclose(
        siblings(player(NAME), 2, faces=PARENTS), siblings(player(NAME), 5, faces=PARENTS)[:4], atol=1e-5
    )


def test_parents_may_be_saved_faces(player: Maker, tmp_path: Path) -> None:
    saved = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    write_latent(tmp_path / "anna.safetensors", saved)
    playing = player(NAME)
    children = siblings(playing, 1, faces=f"7 {tmp_path / 'anna.safetensors'}", **PURE)
    assert torch.allclose(children.sum(dim=0), playing.generator.sample([7])[0] + saved, atol=1e-5)


@pytest.mark.parametrize("wrong", ["7", "7 12 13", "anna"])
def test_what_is_no_pair_of_parents_is_logged_and_the_family_goes_on(
    wrong: str, player: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    playing, undisturbed = player(NAME), player(NAME)
    assert torch.equal(playing.play(0.5, faces=PARENTS), undisturbed.play(0.5, faces=PARENTS))
    assert torch.equal(playing.play(0.5, faces=wrong), undisturbed.play(0.5))
    assert len(caplog.records) == 1
    assert "two parents" in caplog.text or wrong in caplog.text


def test_amount_0_leaves_the_incoming_face(player: Maker) -> None:
    playing = player(NAME)
    assert torch.allclose(playing.update(amount=0.0), playing.base[0])
