"""A composite with an enlarger: its size, other sizes, and whose latents it plays; tiny weights from drawn faces."""

from pathlib import Path

import torch

from likeness.generators.families.composite import open_composite
from likeness.generators.networks.enlarger import Enlarger
from likeness.generators.weights_file import WeightsHeader, declare_latents, read_weights, write_weights

CPU = torch.device("cpu")


def test_an_enlarger_draws_twice_the_size_and_any_other_that_is_asked_for(tiny_composite: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(tiny_composite)
    path = tmp_path / "large.safetensors"
    own = {Enlarger.prefix + name: tensor.half() for name, tensor in Enlarger((4, 6, 8, 10)).state_dict().items()}
    arguments = {**header.arguments, **declare_latents(tiny_composite, header)}
    write_weights(path, WeightsHeader(header.family, arguments, header.licence), tensors | own)
    large, base = open_composite(path, CPU), open_composite(tiny_composite, CPU)
    latent = base.sample([1, 2])
    picture = large.synthesize(latent)
    assert (large.info.resolution, large.info.latents, picture.shape[2:]) == (128, "tiny", (128, 128))
    assert large.draw_silhouette(latent).shape == (2, 1, 128, 128)
    # Untrained it is the drawing, enlarged; at other sizes the same picture, resampled.
    assert (torch.nn.functional.avg_pool2d(picture, 2) - base.synthesize(latent)).abs().mean() < 0.02
    for size in (64, 200):
        resized = open_composite(path, CPU, size).synthesize(latent)
        assert resized.shape == (2, 3, size, size)
        again = torch.nn.functional.interpolate(picture, size=(size, size), mode="bilinear", antialias=size < 128)
        assert torch.equal(resized, again)


def test_pores_are_drawn_on_skin_alone_where_the_file_asks_for_them(tiny_composite: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(tiny_composite)
    own = {Enlarger.prefix + name: tensor.half() for name, tensor in Enlarger((4, 6, 8, 10)).state_dict().items()}
    drawn = {}
    for strength in (0.0, 0.05):
        path = tmp_path / f"{strength}.safetensors"
        arguments = {**header.arguments, "skin_texture": strength}
        write_weights(path, WeightsHeader(header.family, arguments, header.licence), tensors | own)
        generator = open_composite(path, CPU)
        drawn[strength] = generator.synthesize(generator.sample([1]))
    regions = generator.draw_regions()
    assert regions is not None
    skin = torch.nn.functional.interpolate(regions[:, :1], size=(128, 128), mode="bilinear")
    added = (drawn[0.05] - drawn[0.0]).abs().amax(1, keepdim=True)
    assert added[skin > 0.9].mean() > 0.01
    assert added[skin < 0.01].max() < 0.01
