"""The composite generator: its protocol, its latent's meaning, its symmetry; tiny weights from drawn faces."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.families.registry import open_family
from likeness.generators.networks.composite import CompositeNetwork, find_manner
from likeness.generators.networks.composite_parts import ROWS, ExemplarChoice, block_layout
from likeness.generators.networks.refiner import Refiner
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights(tiny_composite: Path) -> Path:
    return tiny_composite


@pytest.fixture(scope="module")
def generator(weights: Path) -> CompositeGenerator:
    return open_composite(weights, CPU)


def test_its_info_names_four_layers_from_shape_to_fine(generator: CompositeGenerator) -> None:
    info = generator.info
    assert (info.family, info.num_ws, info.w_dim, info.resolution) == ("composite", 4, 12, 64)
    assert list(info.groups) == ["coarse", "broad", "middle", "fine"]
    assert list(info.groups.values()) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert info.licence.paid_use is True
    assert generator.mean.shape == (4, 12)
    assert generator.directions.shape == (12, 4, 12)


def test_a_picture_is_finite_and_within_range(generator: CompositeGenerator) -> None:
    latent = generator.sample(range(3))
    picture = generator.synthesize(3 * latent)
    assert picture.shape == (3, 3, 64, 64)
    assert picture.isfinite().all()
    assert picture.abs().max() <= 1


def test_a_seed_is_one_face_whatever_else_is_in_the_batch(generator: CompositeGenerator) -> None:
    alone, together = generator.sample([7]), generator.sample([3, 7, 2**40])
    assert torch.equal(alone[0], together[1])
    assert not torch.equal(together[0], together[1])
    drawn = generator.synthesize(together)[1]
    # Batched and single products round differently in bfloat16; one grey level is 2 / 255.
    assert (generator.synthesize(alone)[0] - drawn).abs().max() < 2 * 2 / 255


def test_samples_have_the_spread_of_the_latent(generator: CompositeGenerator) -> None:
    latent = generator.sample(range(500))
    assert latent.mean().abs() < 0.05
    assert abs(latent.std() - 1) < 0.05
    assert torch.equal(latent[:, 0], latent[:, 3])


def test_drawing_twice_is_the_same_and_leaves_the_latent_alone(generator: CompositeGenerator) -> None:
    latent = generator.sample([1])
    before = latent.clone()
    assert torch.equal(generator.synthesize(latent), generator.synthesize(latent, "random"))
    assert torch.equal(latent, before)


def test_the_mirrored_latent_draws_the_mirrored_picture(generator: CompositeGenerator) -> None:
    latent = generator.sample([4, 5])
    mirrored = generator.synthesize(generator.mirrored(latent))
    assert (mirrored.flip(-1) - generator.synthesize(latent)).abs().max() < 1e-3


def test_the_silhouette_is_what_hides_the_backdrop(weights: Path, generator: CompositeGenerator) -> None:
    latent = generator.sample([4, 5])
    header, tensors = read_weights(weights)
    network = CompositeNetwork(tensors, size=64, dtype=torch.float32, **find_manner(header.arguments))
    network.unsharp = 0.0
    parts = network.layers(latent)
    light, dark = (
        network.warp_and_sharpen(
            replace(parts, backdrop=torch.full_like(parts.backdrop, level)).flat(), parts.field, 64
        )
        for level in (0.5, -0.5)
    )
    silhouette = generator.draw_silhouette(latent)
    assert silhouette.shape == (2, 1, 64, 64)
    # Where colours are beyond white they are cut off, which the backdrop's own never are.
    seen = (light - dark).mean(1, keepdim=True)
    assert ((1 - seen - silhouette).abs() < 1e-3).float().mean() > 0.97
    assert silhouette.min() >= 0
    assert silhouette.max() <= 1


def test_the_shape_layer_moves_and_the_others_colour(weights: Path) -> None:
    header, tensors = read_weights(weights)
    network = CompositeNetwork(tensors, size=64, dtype=torch.float32)
    latent = torch.zeros(1, ROWS, 12)
    mean = network.layers(latent)
    for row, changed in enumerate(("field", "skin", "skin", "skin")):
        other = latent.clone()
        other[:, row] = 2
        parts = network.layers(other)
        assert not torch.equal(getattr(parts, changed), getattr(mean, changed))
        if row > 0:
            assert torch.equal(parts.field, mean.field)
            assert torch.equal(parts.mattes, mean.mattes)
        else:
            assert torch.equal(parts.skin, mean.skin)
    assert header.arguments["w_dim"] == 12


def test_linear_blocks_add_up(weights: Path) -> None:
    _, tensors = read_weights(weights)
    network = CompositeNetwork(tensors, size=64, dtype=torch.float32)
    zero, a, b = torch.zeros(1, ROWS, 12), *torch.randn(2, 1, ROWS, 12, generator=torch.Generator().manual_seed(0))
    mean, of_a, of_b, of_both = (network.blocks(code) for code in (zero, a, b, a + b))
    for name in block_layout(64):
        total = of_a[name] + of_b[name] - mean[name]
        assert torch.allclose(of_both[name], total, atol=1e-4), name


def test_exemplar_weights_sum_to_one_and_a_mirror_turns_the_same_exemplars(weights: Path) -> None:
    _, tensors = read_weights(weights)
    network = CompositeNetwork(tensors, size=64)
    exemplars, count = network.hair, network.hair.count

    def spread(choice: ExemplarChoice) -> torch.Tensor:
        place = choice.index + count * (choice.odd_weight < 0)
        return torch.zeros(len(place), 2 * count).scatter(1, place, choice.weight)

    code = torch.randn(2, network.w_dim, generator=torch.Generator().manual_seed(0))
    turned = code * torch.where(tensors["parity"].bool(), -1.0, 1.0)
    as_is, mirrored = spread(exemplars.choose(code)), spread(exemplars.choose(turned))
    assert torch.allclose(as_is.sum(1), torch.ones(2), atol=1e-5)
    assert torch.allclose(as_is.roll(count, dims=1), mirrored, atol=1e-6)


def test_an_exemplar_is_drawn_as_it_was_kept(weights: Path) -> None:
    _, tensors = read_weights(weights)
    exemplars = CompositeNetwork(tensors, size=64).hair
    index, one = torch.tensor([[2]], dtype=torch.int32), torch.ones(1, 1)
    alone, turned = ExemplarChoice(index, one, one), ExemplarChoice(index, one, -one)
    name = "hair_exemplar.hair_even"
    even = tensors[name][2].float() * tensors[f"{name}_scale"][2]
    drawn = exemplars.draw(("hair",), alone)["hair"][0]
    assert torch.allclose((drawn + drawn.flip(-1))[..., :4] / 2, even, atol=1e-6)
    assert torch.allclose(exemplars.draw(("hair",), turned)["hair"][0], drawn.flip(-1), atol=1e-6)


def test_a_short_walk_changes_the_picture_by_little(generator: CompositeGenerator) -> None:
    a, b = generator.sample([1]), generator.sample([2])
    steps = torch.linspace(0, 1, 200)
    pictures = torch.cat([generator.synthesize(torch.lerp(a, b, float(t))) for t in steps])
    change = (pictures[1:] - pictures[:-1]).abs().mean((1, 2, 3))
    assert change.max() < 8 * change.mean()


def test_no_shape_leaves_a_flat_picture_where_it_is(weights: Path) -> None:
    _, tensors = read_weights(weights)
    network = CompositeNetwork(tensors, size=64, unsharp=0)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    still = network.warp_and_sharpen(picture, torch.zeros(1, 2, 16, 16), 64)
    assert torch.allclose(still, picture, atol=1e-5)
    shifted = network.warp_and_sharpen(picture, torch.full((1, 2, 16, 16), 4 / 64), 64)
    assert torch.allclose(shifted[..., :-4, :-4], picture[..., 4:, 4:], atol=1e-4)


def test_a_larger_picture_is_the_same_face(weights: Path) -> None:
    small, large = open_composite(weights, CPU), open_composite(weights, CPU, 128)
    latent = small.sample([2])
    assert large.info.resolution == 128
    drawn = large.synthesize(latent)
    assert drawn.shape == (1, 3, 128, 128)
    down = torch.nn.functional.avg_pool2d(drawn, 2)
    assert (down - small.synthesize(latent)).abs().mean() < 0.05


def test_a_file_of_another_family_is_left_to_others(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    write_weights(other, WeightsHeader("theirs"), {"x": torch.zeros(1)})
    assert open_family(other, CPU, None) is None
    with pytest.raises(WeightsError, match="holds a theirs generator"):
        open_composite(other, CPU)


def test_a_file_of_ours_without_its_tensors_is_a_clear_fault(tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    write_weights(broken, WeightsHeader("composite", {"size": 64}), {"x": torch.zeros(1)})
    with pytest.raises(WeightsError, match="lacks what a composite needs"):
        open_family(broken, CPU, None)


def test_the_hook_opens_our_files_at_the_wanted_size(weights: Path) -> None:
    opened = open_family(weights, CPU, 128)
    assert isinstance(opened, CompositeGenerator)
    assert opened.info.resolution == 128


def test_a_flat_edge_has_a_gradient_too(weights: Path) -> None:
    _, tensors = read_weights(weights)
    network = CompositeNetwork(tensors, size=64, outline=0.9, dtype=torch.float32)
    edges = torch.ones(1, 2, 32, 32, requires_grad=True)
    (slope,) = torch.autograd.grad(network._sharpen_outline(edges, 2.0).sum(), edges)
    assert slope.isfinite().all()


def test_an_outline_makes_the_person_s_edge_crisp_and_leaves_the_hairline_and_the_code_alone(weights: Path) -> None:
    _, tensors = read_weights(weights)
    soft, crisp = (CompositeNetwork(tensors, size=64, outline=outline, dtype=torch.float32) for outline in (None, 0.9))
    latent = torch.randn(4, 1, soft.w_dim, generator=torch.Generator().manual_seed(3)).expand(-1, ROWS, -1)
    before, after = soft.layers(latent), crisp.layers(latent)
    for name in ("skin", "hair", "backdrop", "field"):
        assert torch.equal(getattr(before, name), getattr(after, name))
    assert torch.equal(before.mattes[:, :1], after.mattes[:, :1])

    def between(mattes: torch.Tensor) -> float:
        """The share of the picture that is neither person nor wall."""
        person = mattes[:, 1]
        return float(((person > 0.05) & (person < 0.95)).float().mean())

    assert between(after.mattes) < 0.75 * between(before.mattes)
    # The edge itself stays where it was, up to what is in its middle.
    assert ((before.mattes[:, 1] > 0.5) != (after.mattes[:, 1] > 0.5)).float().mean() < 0.02


def test_skin_is_in_the_middle_and_the_picture_beside_it_is_the_same(generator: CompositeGenerator) -> None:
    latent = generator.sample(range(3))
    with torch.no_grad():
        picture, skin = generator.network.draw_with_skin(generator.network.layers(latent))
        assert torch.allclose(picture, generator.network(latent), atol=1e-6)
    assert skin.shape == (3, 1, 64, 64)
    assert 0 <= skin.min() < skin.max() <= 1
    assert skin[:, :, 36:44, 28:36].min() > 0.9
    assert skin[:, :, :4].max() < 0.1


@pytest.mark.parametrize("size", [32, 64, 128])
def test_a_refiner_in_the_file_adds_to_the_drawing_at_every_size(weights: Path, tmp_path: Path, size: int) -> None:
    torch.manual_seed(0)
    refiner = Refiner((4, 4, 4, 4))
    torch.nn.init.normal_(refiner.out.weight, std=0.02)
    header, tensors = read_weights(weights)
    own = {Refiner.prefix + name: tensor.half() for name, tensor in refiner.state_dict().items()}
    write_weights(tmp_path / "refined.safetensors", header, tensors | own)
    plain, refined = open_composite(weights, CPU, size), open_composite(tmp_path / "refined.safetensors", CPU, size)
    latent = plain.sample([4, 5])
    assert torch.equal(latent, refined.sample([4, 5]))
    drawn, picture = plain.synthesize(latent), refined.synthesize(latent)
    assert picture.shape == (2, 3, size, size)
    assert picture.abs().max() <= 1
    with torch.no_grad():
        network = open_composite(weights, CPU).network
        added = refiner.residual(*network.draw_with_skin(network.layers(latent)))
    apart = torch.nn.functional.adaptive_avg_pool2d(picture - drawn, 16)
    # Halved and bfloat16 weights are near the refiner's own, at whatever size it is added.
    assert (apart - torch.nn.functional.adaptive_avg_pool2d(added, 16)).abs().mean() < 0.25 * apart.abs().mean()


def test_a_picture_drawn_with_a_gradient_is_the_same(generator: CompositeGenerator) -> None:
    latent = generator.sample([3, 4])
    with torch.inference_mode():
        wanted = generator.synthesize(latent).clone()
    picture = generator.synthesize(latent.requires_grad_())
    assert (picture.detach() - wanted).abs().max() < 1e-4
    picture.square().sum().backward()
    assert latent.grad is not None
    assert latent.grad.abs().sum() > 0


def test_skins_that_the_header_leaves_out_are_drawn_on_nobody(weights: Path) -> None:
    tensors = read_weights(weights)[1]
    every, fewer = (CompositeNetwork(tensors, size=64, dtype=torch.float32, left_out=out) for out in ((), (1, 3)))
    latents = torch.randn(64, every.w_dim, generator=torch.Generator().manual_seed(0))
    count = every.skin.count
    kept = [number for number in range(count) if number not in (1, 3)]
    assert torch.equal(fewer.skin.keys, every.skin.keys[kept + [count + number for number in kept]])
    alone = torch.ones(1, 1)
    for number, kept_as in ((kept[0], 0), (kept[-1], len(kept) - 1)):
        drawn, same = (
            skin.draw(("detail",), ExemplarChoice(torch.tensor([[place]], dtype=torch.int32), alone, alone))["detail"]
            for skin, place in ((every.skin, number), (fewer.skin, kept_as))
        )
        assert torch.equal(same, drawn)
    assert int(fewer.skin.choose(latents).index.max()) < len(kept) == fewer.skin.count
    assert torch.equal(fewer.hair.keys, every.hair.keys)
