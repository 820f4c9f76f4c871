"""The filter network: its norms, its cells and its sizes, against formulas written out."""

import pytest
import torch
from torch.nn import functional

from likeness.generators.networks.filter_network import FilterNetwork, _write_cells, draw_grain, remove_raster


@pytest.fixture
def network() -> FilterNetwork:
    torch.manual_seed(1)
    network = FilterNetwork((6, 8), 1, 3)
    with torch.no_grad():
        for table in (*network.gains, *network.biases):
            table.add_(torch.randn_like(table) * 0.3)
    return network


@pytest.mark.parametrize(("height", "width"), [(16, 16), (40, 24), (8, 64)])
def test_a_picture_keeps_its_size(network: FilterNetwork, height: int, width: int) -> None:
    images = torch.rand(2, 3, height, width) * 2 - 1
    drawn = network(images, torch.eye(3)[:1], draw_grain(height, width))
    assert drawn.shape == images.shape
    assert bool(drawn.isfinite().all())


def test_a_norm_is_an_instance_norm_with_the_styles_own_gain_and_bias(network: FilterNetwork) -> None:
    x, shares = torch.randn(2, 6, 5, 7), torch.tensor([[0.25, 0.75, 0.0]])
    wanted = functional.instance_norm(x, eps=1e-4)
    gain = 0.25 * network.gains[0][0] + 0.75 * network.gains[0][1]
    bias = 0.25 * network.biases[0][0] + 0.75 * network.biases[0][1]
    wanted = wanted * gain[:, None, None] + bias[:, None, None]
    assert torch.allclose(network._norm(0, x, shares), wanted, atol=1e-5)


def test_styles_of_a_batch_are_those_of_its_pictures_one_by_one(network: FilterNetwork) -> None:
    images, grain = torch.rand(3, 3, 16, 24) * 2 - 1, draw_grain(16, 24)
    together = network(images, torch.eye(3), grain)
    for number in range(3):
        alone = network(images[number : number + 1], torch.eye(3)[number : number + 1], grain)
        assert torch.allclose(together[number], alone[0], atol=1e-5)
    assert (network(images, torch.eye(3)[:1], grain) - network(images, torch.eye(3)[1:2], grain)).abs().mean() > 0.01


def test_cells_are_written_as_pixel_shuffle_writes_them() -> None:
    cells = torch.randn(2, 48, 3, 5)
    # `pixel_shuffle` has the colour first, and the px within the cell after it.
    sorted_ = cells.reshape(2, 16, 3, 3, 5).transpose(1, 2).reshape(2, 48, 3, 5)
    assert torch.equal(_write_cells(cells), functional.pixel_shuffle(sorted_, 4))


def test_what_recurs_in_each_cell_is_taken_out_and_what_is_broad_stays_in_its_place() -> None:
    cell = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    flat = remove_raster(cell.tile(1, 1, 6, 6))
    assert torch.allclose(flat, cell.mean((2, 3), keepdim=True).expand_as(flat), atol=1e-6)
    ramp = torch.arange(24.0).expand(1, 3, 24, 24)
    assert torch.equal(remove_raster(ramp), ramp[:, :, 2:-2, 2:-2])


def test_the_px_of_a_new_networks_cell_are_alike() -> None:
    network = FilterNetwork((8, 12), 2)
    left = network.leave.weight.unflatten(0, (16, 3))
    assert (left == left[:1]).all()
    assert (left[0, 0] != left[0, 1]).any()


def test_the_grain_moves_strokes_and_one_seed_gives_one_grain(network: FilterNetwork) -> None:
    images, style = torch.full((1, 3, 32, 32), 0.2), torch.eye(3)[:1]
    one, other = (draw_grain(32, 32, dice=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert torch.equal(one, draw_grain(32, 32, dice=torch.Generator().manual_seed(1)))
    assert not torch.equal(network(images, style, one), network(images, style, other))
