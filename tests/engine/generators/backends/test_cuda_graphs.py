"""A recording is made once for each batch size and noise mode; what it draws is what the network draws."""

from pathlib import Path

import pytest
import torch
from tests.reference import pickles
from tests.reference.parity import case, relative_error
from torch import Tensor

from likeness.generator import NoiseMode
from likeness.generators.backends.choose import prepare
from likeness.generators.backends.cuda_graphs import MOST_GRAPHS, CudaGraphs, Recording
from likeness.generators.families.registry import open_family
from likeness.generators.families.stylegan_base import Draw, StyleGenerator


class Recorder:
    """Stands in for the card: replays by drawing again from the recording's own inputs, into its own picture."""

    def __init__(self) -> None:
        self.made: list[tuple[NoiseMode, int]] = []
        self.replays = 0

    def __call__(self, draw: Draw, noise: NoiseMode, inputs: tuple[Tensor, ...]) -> Recording:
        self.made.append((noise, len(inputs[0])))
        places = tuple(torch.full_like(tensor, torch.nan) for tensor in inputs)
        first = draw(noise, *inputs)
        assert first is not None
        image = torch.full_like(first, torch.nan)

        def replay() -> None:
            self.replays += 1
            drawn = draw(noise, *places)
            assert drawn is not None
            image.copy_(drawn)

        return Recording(places, image, replay)


def doubled(noise: NoiseMode, latent: Tensor, shift: Tensor) -> Tensor:
    return latent * 2 + shift if noise == "const" else latent


def test_each_batch_size_and_noise_mode_is_recorded_once() -> None:
    recorder = Recorder()
    graphs = CudaGraphs(doubled, recorder)
    for noise, batch in (("const", 1), ("const", 1), ("none", 1), ("const", 3), ("const", 1), ("none", 1)):
        graphs(noise, torch.zeros(batch, 2), torch.zeros(2))
    assert recorder.made == [("const", 1), ("none", 1), ("const", 3)]
    assert recorder.replays == 6


def test_a_picture_is_drawn_of_this_frames_inputs_and_stays_when_the_next_is_drawn() -> None:
    graphs = CudaGraphs(doubled, Recorder())
    first = graphs("const", torch.ones(1, 2), torch.tensor([1.0, 2.0]))
    second = graphs("const", torch.full((1, 2), 5.0), torch.zeros(2))
    assert first is not None
    assert second is not None
    assert first.tolist() == [[3.0, 4.0]]
    assert second.tolist() == [[10.0, 10.0]]


def test_beyond_the_most_recordings_the_network_draws() -> None:
    graphs = CudaGraphs(doubled, Recorder())
    for batch in range(1, MOST_GRAPHS + 1):
        assert graphs("const", torch.zeros(batch, 2), torch.zeros(2)) is not None
    assert graphs("const", torch.zeros(MOST_GRAPHS + 1, 2), torch.zeros(2)) is None
    assert graphs("const", torch.zeros(1, 2), torch.zeros(2)) is not None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("backend", ["graph", "compile"])
@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_what_a_card_replays_is_what_the_processor_draws(backend: str, precision: str, tmp_path: Path) -> None:
    path = tmp_path / "network.pkl"
    path.write_bytes(pickles.official_pickle(case("sg2_skip").state, case("sg2_skip").kwargs))
    plain = open_family(path, torch.device("cpu"))
    fast = open_family(path, torch.device("cuda"))
    assert isinstance(plain, StyleGenerator)
    assert isinstance(fast, StyleGenerator)
    prepare(fast, backend, precision)
    for seeds in ([4], [5], [4, 5, 6]):
        wanted = plain.synthesize(plain.sample(seeds))
        drawn = fast.synthesize(fast.sample(seeds)).cpu()
        spread = wanted.max() - wanted.min()
        psnr = 10 * torch.log10(spread.square() / (drawn - wanted).square().mean())
        assert psnr > (45 if precision == "auto" else 55)  # a card's float32 convolutions may be TF32
    one, other = (fast.synthesize(fast.sample([4]), noise="random") for _ in range(2))
    assert relative_error(one, other) > 1e-4
