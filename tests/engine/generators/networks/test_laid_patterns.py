"""Patterns of the mean face, laid onto a picture: where its px lie, and what is beyond a pattern."""

import torch

from likeness.generators.networks.laid_patterns import FINER, find_band, lay_cells, lay_places, look_up, sample_pattern


def test_a_picture_is_found_again_at_the_places_of_a_band() -> None:
    picture = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    rows, columns = find_band(16, (0.25, 0.75, 0.125, 1.0))
    assert (rows, columns) == (slice(4, 12), slice(2, 16))
    assert torch.allclose(look_up(picture, lay_places(16, rows, columns)), picture[:, :, rows, columns], atol=1e-5)


def test_cells_are_even_and_finer_than_the_picture() -> None:
    cells = lay_cells(-3.0, 5.0, 2.0)
    assert len(cells) == 8 / 2 * FINER
    assert torch.allclose(cells, -3 + (torch.arange(8) + 0.5))


def test_a_pattern_is_read_where_it_is_and_is_nothing_beyond_its_box() -> None:
    box = (-3.0, 5.0, 0.0, 4.0)
    across = lay_cells(box[0], box[1], 0.5)
    pattern = across.expand(1, 1, 16, len(across))
    x = torch.tensor([-20.0, -2.0, 0.0, 4.5, 9.0])[None, None, None]
    read = sample_pattern(pattern, x, torch.full_like(x, 2.0), box)
    assert torch.allclose(read.flatten(), torch.tensor([0.0, -2.0, 0.0, 4.5, 0.0]), atol=1e-5)
