"""A VAE's knobs after the fact: what is folded into its weights draws and finds the same as before."""

import torch

from likeness.generators.networks.vae import VAE
from likeness.training.latent_density import LatentDensity, fold_into_decoder


def codes_of(rows: torch.Tensor) -> LatentDensity:
    codes = LatentDensity(rows.shape[1])
    codes.update(rows, 1.0)
    return codes


def test_axes_are_the_principal_components_of_the_codes() -> None:
    torch.manual_seed(0)
    rows = torch.randn(500, 4) * torch.tensor([3.0, 2.0, 1.0, 0.5]) @ torch.linalg.qr(torch.randn(4, 4))[0] + 5
    axes = codes_of(rows).axes()
    _, values, basis = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    torch.testing.assert_close(axes.norm(dim=1), values / 500**0.5, rtol=1e-3, atol=0)
    torch.testing.assert_close((axes / axes.norm(dim=1, keepdim=True) * basis).sum(1).abs(), torch.ones(4))


def test_a_number_that_the_code_does_not_use_is_no_knob() -> None:
    torch.manual_seed(0)
    rows = torch.randn(500, 4) * torch.tensor([1.0, 0.0, 0.7, 0.0])
    codes = codes_of(rows)
    axes = codes.axes()
    assert len(axes) == 2
    assert torch.equal(codes.codes_of(torch.ones(1, 4), axes), codes.codes_of(torch.ones(1, 2), axes))


def test_folded_weights_draw_what_the_codes_draw_and_the_encoder_finds_the_knobs() -> None:
    torch.manual_seed(0)
    vae = VAE(5, [8, 6]).eval()
    photos = torch.rand(64, 3, 16, 16) * 2 - 1
    means = vae.encoder(photos)[0].detach()
    codes = codes_of(means)
    drawing, finding, knobs = fold_into_decoder(vae.decoder, vae.encoder, codes)
    wanted_z = torch.randn(3, knobs)
    wanted = vae.decoder(codes.codes_of(wanted_z, codes.axes()))
    other = VAE(knobs, [8, 6])
    other.decoder.layers[0] = torch.nn.Linear(knobs, 8 * 16)
    other.decoder.load_state_dict(drawing)
    other.encoder.load_state_dict(finding)
    torch.testing.assert_close(other.decoder(wanted_z), wanted, rtol=1e-4, atol=1e-5)
    found = other.encoder(photos)[0]
    torch.testing.assert_close(found.mean(0), torch.zeros(knobs), rtol=0, atol=1e-2)
    torch.testing.assert_close(found.std(0, correction=0), torch.ones(knobs), rtol=1e-2, atol=0)
    torch.testing.assert_close(codes.codes_of(found, codes.axes()), means, rtol=1e-3, atol=1e-4)
