"""The path length of a linear generator under squared distances, which has a closed form."""

import math

import pytest
import torch
from torch import Tensor

from likeness.evaluation.path_length import path_length
from likeness.generator import GeneratorInfo, Licence

W_DIM = 4
MATRIX = torch.randn(3 * 8 * 8, W_DIM, generator=torch.Generator().manual_seed(0), dtype=torch.float64) / 4


class Linear:
    """Its picture is a matrix times the latent, which is z."""

    def __init__(self) -> None:
        self.info = GeneratorInfo("linear", 1, W_DIM, 8, Licence("CC0", True), {})
        self.mean = torch.zeros(1, W_DIM)
        self.directions = torch.zeros(0, 1, W_DIM)

    def map_z(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return z[:, None]

    def sample(self, seeds: object) -> Tensor:
        raise AssertionError("paths are drawn from their own seed")

    def synthesize(self, latent: Tensor, noise: str = "const") -> Tensor:
        # Doubles, because a step of 1e-4 squared leaves eight digits of 32 bits none.
        return (latent[:, 0].double() @ MATRIX.T).reshape(-1, 3, 8, 8)


def squared(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).square().sum((1, 2, 3))


@pytest.mark.parametrize("where", ["full", "ends"])
@pytest.mark.parametrize("epsilon", [1e-2, 0.3])
def test_in_w_it_is_twice_the_matrix_s_squares_at_any_step(where: str, epsilon: float) -> None:
    found = path_length(Linear(), squared, space="w", where=where, pairs=4000, epsilon=epsilon, batch=500, trim=0)
    # The difference of two normal w has variance 2 in each direction.
    assert found == pytest.approx(2 * float(MATRIX.square().sum()), rel=0.05)


def test_in_z_at_the_ends_it_is_the_arc_s_squared_speed() -> None:
    generator, count = Linear(), 3000
    found = path_length(generator, squared, space="z", where="ends", pairs=count, epsilon=1e-3, batch=count, trim=0)
    z = torch.randn(2, count, W_DIM, generator=torch.Generator().manual_seed(0)).double()
    length = z.norm(dim=2, keepdim=True)
    unit = z / length
    omega = torch.acos((unit[0] * unit[1]).sum(1, keepdim=True))
    # The derivative of slerp at 0: round the circle at omega, and from one length to the other.
    across = (unit[1] - omega.cos() * unit[0]) / omega.sin()
    speed = (length[1] - length[0]) * unit[0] + length[0] * omega * across
    wanted = (speed @ MATRIX.T).square().sum(1).mean()
    assert found == pytest.approx(float(wanted), rel=0.02)


def test_a_few_endless_steps_are_left_out_and_the_seed_decides() -> None:
    calls = []

    def spiked(a: Tensor, b: Tensor) -> Tensor:
        calls.append(len(a))
        apart = squared(a, b)
        apart[0] = math.inf if len(calls) == 1 else apart[0]
        return apart

    done: list[int] = []
    first = path_length(
        Linear(), spiked, space="w", where="full", pairs=250, batch=100, epsilon=0.1, progress=done.append
    )
    assert math.isfinite(first)
    assert done == [100, 200, 250]
    calls.clear()
    assert first == path_length(Linear(), spiked, space="w", where="full", pairs=250, batch=100, epsilon=0.1)
