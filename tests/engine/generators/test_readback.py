import numpy as np
import pytest
import torch

from likeness.generators.readback import ReadBack
from likeness.picture import to_picture


def test_values_become_bytes_by_rounding_and_nonsense_becomes_black() -> None:
    image = torch.zeros(1, 3, 1, 5)
    image[0, 0, 0] = torch.tensor([-1.0, 1.0, 0.0, -7.0, torch.nan])
    # (x + 1) * 127.5, to the nearest.
    assert to_picture(image)[0, :, 0].tolist() == [0, 255, 128, 0, 0]


def test_every_level_and_the_upper_of_two_as_near_comes_out_in_long_rows_too() -> None:
    levels = torch.arange(256)
    image = ((levels - 127.5) / 127.5).expand(1, 3, 4, -1)
    assert to_picture(image)[2, :, 1].tolist() == levels.tolist()
    halves = ((levels[:255] - 127) / 127.5).expand(1, 3, 4, -1)
    assert to_picture(halves)[2, :, 1].tolist() == (levels[:255] + 1).tolist()
    assert not to_picture(torch.full((1, 3, 4, 256), torch.nan)).any()
    assert to_picture(torch.full((1, 3, 4, 256), torch.inf)).min() == 255


def test_channels_rows_and_heads_stand_where_they_belong() -> None:
    levels = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    picture = ReadBack()(torch.from_numpy((levels / 127.5 - 1.0).astype(np.float32)))
    assert picture.shape == (4, 10, 3)
    for head, channel, y, x in np.ndindex(levels.shape):
        assert picture[y, 5 * head + x, channel] == levels[head, channel, y, x]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_card_is_read_back_into_pictures_of_their_own() -> None:
    read = ReadBack()
    images = torch.rand(3, 1, 3, 32, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    pictures = [read(image.cuda()) for image in images]
    for picture, image in zip(pictures, images, strict=True):
        assert np.abs(picture.astype(int) - to_picture(image).astype(int)).max() <= 1
