"""Principal directions of latents whose spread is known."""

import pytest
import torch

from likeness.directions.find import principal_directions
from likeness.errors import LikenessError


def test_the_widest_axes_come_first_each_one_deviation_long() -> None:
    drawn = torch.randn(5000, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    exact = torch.linalg.qr(drawn - drawn.mean(0)).Q * 4999**0.5
    latents = (exact * torch.tensor([1.0, 5, 0.5, 3, 0.1, 0.2])).reshape(5000, 2, 3)
    found, shares = principal_directions(latents, 2)
    assert torch.allclose(found[0], torch.tensor([[0.0, 5, 0], [0, 0, 0]]), atol=1e-4)
    assert torch.allclose(found[1], torch.tensor([[0.0, 0, 0], [3, 0, 0]]), atol=1e-4)
    assert shares.tolist() == pytest.approx([25 / 35.30, 9 / 35.30], rel=1e-3)


@pytest.mark.parametrize("count", [0, 4])
def test_more_than_there_are_is_refused(count: int) -> None:
    with pytest.raises(LikenessError, match="there are 1 to 3"):
        principal_directions(torch.randn(4, 1, 8), count)
