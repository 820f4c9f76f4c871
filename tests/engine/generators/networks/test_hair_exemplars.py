"""Heads of hair that were cut wrongly get another's shape and keep their colours; no strand is brighter at its rim."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from likeness.generators.families.composite import open_composite
from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.hair_exemplars import BRIGHTEST, BRIGHTEST_EAR, EAR, PREFIX, mend_hair
from likeness.generators.weights_file import read_weights

COUNT, SIZE = 4, 32
SHIPPED = Path(__file__).parents[4] / "weights" / "composite-256.safetensors"


def halves(name: str, pictures: Tensor) -> dict[str, Tensor]:
    """Return one part of exemplars `[n, channels, height, width]` as a file has it."""
    left, right = pictures.chunk(2, dim=-1)
    packed = {}
    for parity, half in (("even", (left + right.flip(-1)) / 2), ("odd", (left - right.flip(-1)) / 2)):
        scale = half.abs().amax((1, 2, 3)).clamp(min=1e-8) / 127
        packed[f"{PREFIX}.{name}_{parity}"] = (half / scale.reshape(-1, 1, 1, 1)).round().to(torch.int8)
        packed[f"{PREFIX}.{name}_{parity}_scale"] = scale
    return packed


def joined(tensors: dict[str, Tensor], name: str) -> Tensor:
    even, odd = (
        tensors[f"{PREFIX}.{name}_{parity}"].float() * tensors[f"{PREFIX}.{name}_{parity}_scale"].reshape(-1, 1, 1, 1)
        for parity in ("even", "odd")
    )
    return torch.cat([even + odd, (even - odd).flip(-1)], dim=-1)


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    """Return four heads of hair, all of a picture hair, of which 2 lies nearest to 1's mirror image."""
    noise = torch.Generator().manual_seed(0)
    edges = torch.stack([torch.full((COUNT, SIZE // 2, SIZE // 2), -1.0), torch.ones(COUNT, SIZE // 2, SIZE // 2)], 1)
    made: dict[str, Tensor] = {
        f"{PREFIX}.keys_even": torch.tensor([[0.0], [5.0], [5.2], [9.0]]),
        f"{PREFIX}.keys_odd": torch.tensor([[0.0], [2.0], [-2.1], [0.0]]),
    }
    made |= halves("edges", edges)
    made |= halves("detail", torch.randn(COUNT, 1, SIZE, SIZE, generator=noise).clamp(-1, 1))
    made |= halves("cover", torch.rand(COUNT, 1, 8, 8, generator=noise))
    return made | halves("hair", torch.rand(COUNT, 3, 8, 8, generator=noise))


def test_an_unshapely_head_has_the_shape_of_the_nearest_and_its_own_colours(tensors: dict[str, Tensor]) -> None:
    mended = mend_hair(tensors, [2])
    for part in ("edges", "detail", "cover"):
        found = joined(mended, part)
        assert torch.equal(found[2], found[1].flip(-1)), part
        assert not torch.equal(found[0], found[1]) or part == "edges"
    assert torch.equal(joined(mended, "hair"), joined(tensors, "hair"))
    assert torch.equal(mended[f"{PREFIX}.keys_even"], tensors[f"{PREFIX}.keys_even"])
    assert torch.equal(joined(mended, "cover")[[0, 1, 3]], joined(tensors, "cover")[[0, 1, 3]])


def test_the_file_s_own_tensors_stay_as_they_are(tensors: dict[str, Tensor]) -> None:
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    mend_hair(tensors, [0, 2])
    assert all(torch.equal(tensors[name], before[name]) for name in before)


def test_a_whole_head_is_its_own_even_where_it_is_its_own_mirror_image(tensors: dict[str, Tensor]) -> None:
    mended = mend_hair(tensors, [])
    assert torch.equal(joined(mended, "cover"), joined(tensors, "cover"))


def test_strands_begin_within_the_hair_and_are_no_brighter_than_hair(tensors: dict[str, Tensor]) -> None:
    edges = joined(tensors, "edges")
    edges[:, 1] = torch.linspace(-0.9, 0.9, SIZE // 2)[:, None]  # the wall is above
    mended = mend_hair(tensors | halves("edges", edges), [])
    found, before = joined(mended, "detail"), joined(tensors, "detail")
    assert before[:, :, : SIZE // 2].abs().max() > 0.9
    assert found[:, :, : SIZE // 2].abs().max() < 0.02
    assert found.max() <= BRIGHTEST + 0.02
    deep = slice(-SIZE // 4, None)
    dark = before[:, :, deep] < -0.05
    assert torch.allclose(found[:, :, deep][dark], before[:, :, deep][dark], atol=0.03)


def test_no_ear_that_was_cut_as_hair_glows(tensors: dict[str, Tensor]) -> None:
    away, down, *_ = EAR
    row, columns = round(down * SIZE), [round((0.5 - away) * SIZE), round((0.5 + away) * SIZE) - 1]
    found, before = joined(mend_hair(tensors, []), "detail"), joined(tensors, "detail")
    assert before[:, 0, row - 2 : row + 2, columns].max() > 2 * BRIGHTEST_EAR
    assert found[:, 0, row - 2 : row + 2, columns].max() <= BRIGHTEST_EAR + 0.02
    assert found[:, 0, 2].max() > 0.8 * BRIGHTEST, "the crown"


@pytest.mark.parametrize("unshapely", [[0, 1, 2, 3], [7], [-1]])
def test_numbers_that_leave_no_head_or_name_none_are_refused(tensors: dict[str, Tensor], unshapely: list[int]) -> None:
    with pytest.raises(ValueError, match="of 4 heads of hair"):
        mend_hair(tensors, unshapely)


def test_a_network_with_whole_heads_ends_them_inside_the_picture(tiny_composite: Path) -> None:
    tensors = read_weights(tiny_composite)[1]
    latent = torch.randn(6, 1, 12, generator=torch.Generator().manual_seed(1)).expand(-1, 4, -1)
    cut, whole = (CompositeNetwork(tensors, size=64, dtype=torch.float32, whole_heads=whole) for whole in (False, True))
    heads = whole.draw_silhouette(latent, 64)
    assert heads[:, :, 0].max() < 0.1
    assert heads[:, :, 32].mean() > 0.2
    drawn = whole(latent)
    assert drawn.isfinite().all()
    # Faces are as they were.
    face = (slice(None), slice(None), slice(30, 44), slice(26, 38))
    assert (drawn - cut(latent))[face].abs().mean() < 0.05
    parts = whole.layers(latent)
    assert torch.allclose(whole.draw_regions(parts)[:, 1:], heads, atol=1e-5)


def test_no_head_of_the_bundled_weights_meets_the_upper_edge() -> None:
    generator = open_composite(SHIPPED, torch.device("cpu"))
    with torch.inference_mode():
        heads = generator.draw_silhouette(generator.sample(range(24)))
    assert heads[:, :, 0].max() < 0.5
    assert (heads[:, :, 100, 100:156] > 0.9).all()


def test_a_bent_outline_is_bent_where_heads_are_whole_too(tiny_composite: Path) -> None:
    network = CompositeNetwork(read_weights(tiny_composite)[1], size=64, dtype=torch.float32, whole_heads=True)
    latent = torch.zeros(1, 4, 12)
    grown = network.draw_silhouette(latent, 64, {"edges": lambda edges: edges + 0.5})
    assert grown.mean() > network.draw_silhouette(latent, 64).mean() + 0.05
