"""The voice network in numpy: torch's gated recurrent unit says the same."""

import numpy as np
import pytest
import torch

from likeness.audio.voice_network import CHANNELS, TENSORS, VoiceNetwork
from likeness.training.voice.fit import Learner


def test_it_gives_what_torch_gives() -> None:
    torch.manual_seed(3)
    learner = Learner(torch.randn(13), torch.rand(13) + 0.5, 10)
    network = VoiceNetwork({name: tensor.numpy() for name, tensor in learner.state_dict().items()})
    rows = torch.randn(40, 13)
    with torch.inference_mode():
        wanted = learner(rows[None])[0].numpy()
    assert np.abs(np.stack([network.step(row) for row in rows.numpy()]) - wanted).max() < 1e-5


def test_tensors_that_do_not_fit_are_refused() -> None:
    learner = Learner(torch.zeros(13), torch.ones(13), 4)
    tensors = {name: tensor.numpy() for name, tensor in learner.state_dict().items()}
    assert set(tensors) == set(TENSORS)
    tensors["output.weight"] = tensors["output.weight"][: len(CHANNELS) - 1]
    with pytest.raises(ValueError, match="no voice network"):
        VoiceNetwork(tensors)
