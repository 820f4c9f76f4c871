"""Learning of the voice network: rows of features to rows of shapes, measured on a voice that was held back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from likeness.audio.voice_features import FEATURES, HOP_S, VoiceFeatures
from likeness.audio.voice_network import CHANNELS, VoiceNetwork
from likeness.errors import TrainingError
from likeness.generator import Licence
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.training.voice.phonemes import CLOSURE, JAW, PLOSIVES, move_mouth
from likeness.training.voice.rooms import Variation
from likeness.training.voice.speech import Utterance

Floats = NDArray[np.float32]
FAMILY = "voice"
LICENCE = Licence("Apache-2.0, as the program; trained on synthetic speech of which nothing is in the file", True)
# How much each channel's error counts: an open jaw and shut lips are seen from afar.
IMPORTANCE = (2.0, 1.0, 2.0, 1.0, 0.7, 0.5)
# Movement counts beside place, so that the mouth does not mumble about its mean.
MOVEMENT = 2.0
# Lips that do not shut are seen more than lips that shut too much: so much more counts what is missing of them.
UNSHUT = 4.0
STEPS_IN_A_PIECE = 160
# The first rows of a piece, before which the network has heard nothing, are not judged.
UNJUDGED = 20
LEARNING_RATE = 4e-3
# Lips count as shut from here on, and a plosive is to shut them within so many seconds of its beginning.
SHUT, SHUT_WITHIN_S = 0.5, 0.060


@dataclass(frozen=True)
class VoiceSettings:
    """How a network is trained.

    Args:
        steps: of learning.
        hidden: size of its memory.
        variations: of each utterance, beside itself.
        delay: rows of 10 ms by which shapes come after their sound.
        seed: of everything random.
        batch: pieces of speech in a step.
    """

    steps: int = 1800
    hidden: int = 80
    variations: int = 3
    delay: int = 3
    seed: int = 0
    batch: int = 48


@dataclass(frozen=True)
class VoiceReport:
    """How well a network follows a voice.

    Args:
        correlation: of each channel with what the sounds ask for, once the delay is taken out.
        plosives: how many p, b and m there were.
        shut: the share of them whose lips are shut within 60 ms, the delay included.
        lag_s: the shift at which the jaw correlates best: how late it comes after the sounds' own movement.
        rest: the largest opening of the jaw in a second of silence after speech.
    """

    correlation: tuple[float, ...]
    plosives: int
    shut: float
    lag_s: float
    rest: float


class Learner(nn.Module):
    """The network while it learns; `VoiceNetwork` is the same in numpy.

    Args:
        mean, deviation: of the features, `[13]`.
        hidden: size of its memory.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor, hidden: int) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", 1 / deviation.clamp_min(1e-3))
        self.input = nn.Linear(FEATURES, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.output = nn.Linear(hidden, len(CHANNELS))

    def forward(self, features: Tensor) -> Tensor:
        """Return shapes `[batch, rows, 6]` of features `[batch, rows, 13]`."""
        hidden, _ = self.gru(torch.tanh(self.input((features - self.mean) * self.scale)))
        shapes: Tensor = self.output(hidden)
        return shapes


def fit_voice(
    said: Sequence[Utterance], settings: VoiceSettings, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> dict[str, Tensor]:
    """Return the tensors of a network that has learnt from these utterances. The same ones give the same network.

    Raises:
        TrainingError: there are none.
    """
    if not said:
        raise TrainingError("there is nothing to learn from; give one or more voices")
    torch.manual_seed(settings.seed)
    dice = np.random.default_rng(settings.seed)
    variation = Variation(dice)
    heard = [*said, *(variation.vary(each) for each in said for _ in range(settings.variations))]
    features, shapes = (torch.from_numpy(part) for part in _join(heard, dice, settings.delay))
    learner = Learner(features.mean(0), features.std(0), settings.hidden)
    optimizer = torch.optim.Adam(learner.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, settings.steps)
    importance = torch.tensor(IMPORTANCE)
    closes = torch.arange(len(CHANNELS)) == CLOSURE
    for step in range(settings.steps):
        starts = dice.integers(0, len(features) - STEPS_IN_A_PIECE, settings.batch)
        place = torch.from_numpy(starts)[:, None] + torch.arange(STEPS_IN_A_PIECE)
        drawn, wanted = learner(features[place])[:, UNJUDGED:], shapes[place][:, UNJUDGED:]
        weight = torch.where((wanted > drawn) & closes, UNSHUT, 1.0) * importance
        loss = ((drawn - wanted).square() * weight).mean()
        moved = (drawn[:, 3:] - drawn[:, :-3]) - (wanted[:, 3:] - wanted[:, :-3])
        loss = loss + MOVEMENT * (moved.square() * importance).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress(step + 1, settings.steps)
    return {name: tensor.detach() for name, tensor in learner.state_dict().items()}


def measure_voice(tensors: dict[str, Tensor], said: Sequence[Utterance], delay: int) -> VoiceReport:
    """Return how well a network follows utterances that it has not learnt from."""
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    drawn, wanted = [], []
    plosives = shut = 0
    rest = 0.0
    for each in said:
        network = VoiceNetwork(arrays)
        silence = np.zeros(each.rate, np.float32)
        features = VoiceFeatures(each.rate).add(np.concatenate((each.samples, silence)))
        shapes = np.stack([network.step(row) for row in features])
        rest = max(rest, float(shapes[-50:, JAW].max()))
        spoken = len(features) - round(1 / HOP_S)
        drawn.append(shapes[delay:spoken])
        wanted.append(move_mouth(each.phonemes, spoken)[: spoken - delay])
        for phoneme in each.phonemes:
            if phoneme.name in PLOSIVES:
                plosives += 1
                first = round(phoneme.start / HOP_S)
                shut += bool((shapes[first : first + round(SHUT_WITHIN_S / HOP_S) + 1, CLOSURE] > SHUT).any())
    one, other = np.concatenate(drawn), np.concatenate(wanted)
    correlation = tuple(_correlate(one[:, index], other[:, index]) for index in range(len(CHANNELS)))
    shifts = range(-5, 11)
    best = max(shifts, key=lambda shift: _correlate_shifted(one[:, JAW], other[:, JAW], shift))
    return VoiceReport(correlation, plosives, shut / max(1, plosives), (best + delay) * HOP_S, rest)


def write_voice(path: Path, tensors: dict[str, Tensor], delay: int) -> None:
    """Write a network.

    Raises:
        WeightsError: the disk refuses.
    """
    write_weights(path, WeightsHeader(FAMILY, {"delay": delay, "channels": list(CHANNELS)}, LICENCE), tensors)


def _join(heard: Sequence[Utterance], dice: np.random.Generator, delay: int) -> tuple[Floats, Floats]:
    """Return the features and the shapes of all utterances, one after the other in an order that is drawn."""
    features, shapes = [], []
    for index in dice.permutation(len(heard)):
        each = heard[index]
        rows = VoiceFeatures(each.rate).add(each.samples)
        wanted = move_mouth(each.phonemes, len(rows))
        features.append(rows)
        # What was before the first row is rest.
        shapes.append(np.concatenate((wanted[:1].repeat(delay, 0), wanted[: len(rows) - delay])))
    return np.concatenate(features), np.concatenate(shapes)


def _correlate(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _correlate_shifted(late: Floats, early: Floats, shift: int) -> float:
    count = len(late)
    return _correlate(late[max(0, shift) : count + min(0, shift)], early[max(0, -shift) : count - max(0, shift)])


def describe_report(report: VoiceReport, voice: str) -> list[str]:
    """Return the report in lines."""
    shares = ", ".join(f"{name} {value:.2f}" for name, value in zip(CHANNELS, report.correlation, strict=True))
    return [
        f"On the voice {voice}, which it has never heard: correlation of {shares}",
        f"Lips shut within 60 ms for {report.shut:.0%} of {report.plosives} p, b and m; the jaw moves "
        f"{report.lag_s * 1e3:.0f} ms after the sounds; in silence it is open by at most {report.rest:.2f}",
    ]
