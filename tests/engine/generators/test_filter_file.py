"""Filter files: what is written opens again, and whatever else is given ends in one line."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from likeness import open_generator
from likeness.errors import WeightsError
from likeness.generator import Licence
from likeness.generators.filter_file import FilterInfo, open_filter, write_filter
from likeness.generators.networks.filter_network import FilterNetwork
from likeness.generators.weights_file import KEY, WeightsHeader, digest, read_weights, write_weights

CPU = torch.device("cpu")
INFO = FilterInfo("style", ("oil", "woodcut", "glass"), 256, Licence("CC0", True, "made by hand"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    write_filter(tmp_path / "f.safetensors", FilterNetwork((6, 8), 1, 3), INFO)
    return tmp_path / "f.safetensors"


def rewrite(file: Path, **changes: object) -> Path:
    """Write the file anew with other arguments, and a hash that is right."""
    header, tensors = read_weights(file)
    write_weights(file, WeightsHeader(header.family, {**header.arguments, **changes}, header.licence), tensors)
    return file


def test_a_filter_opens_as_it_was_written(file: Path) -> None:
    opened = open_filter(file, CPU)
    assert opened.info == INFO
    images = torch.rand(2, 3, 32, 24) * 2 - 1
    drawn = opened.draw(images, opened.row(opened.shares_of("woodcut")))
    assert torch.equal(drawn, open_filter(file, CPU).draw(images, opened.row((0.0, 1.0, 0.0))))
    assert drawn.abs().max() <= 1.0
    assert drawn.dtype == torch.float32


def test_a_filter_given_as_weights_is_told_from_a_broken_file(file: Path) -> None:
    with pytest.raises(WeightsError, match="is a filter, which changes pictures and draws none"):
        open_generator(file)


@pytest.mark.parametrize("size", [(9, 9), (31, 50), (8, 17)])
def test_a_picture_of_any_size_comes_back_at_its_size(file: Path, size: tuple[int, int]) -> None:
    opened = open_filter(file, CPU)
    assert opened.draw(torch.zeros(1, 3, *size), opened.row((1.0, 0.0, 0.0))).shape == (1, 3, *size)


def test_another_turn_sets_the_strokes_anew_and_the_same_one_does_not(file: Path) -> None:
    opened = open_filter(file, CPU)
    row, images = opened.row((1.0, 0.0, 0.0)), torch.zeros(1, 3, 64, 64)
    turns = [opened.draw(images, row, turn) for turn in range(8)]
    assert torch.equal(turns[5], opened.draw(images, row, 5))
    assert all(not torch.equal(one, other) for one, other in pairwise(turns))


def test_a_position_leads_from_the_first_style_to_the_last(file: Path) -> None:
    opened = open_filter(file, CPU)
    assert opened.shares_at(0.0) == opened.shares_of("oil")
    assert opened.shares_at(0.5) == opened.shares_of("woodcut")
    assert opened.shares_at(1.0) == opened.shares_of("glass")
    assert opened.shares_at(0.25) == (0.5, 0.5, 0.0)
    with pytest.raises(WeightsError, match="no style 'oli'; nearest: oil"):
        opened.shares_of("oli")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": [10**6, 8]}, "widths is 1000000, wanted 1 to 512"),
        ({"widths": [6]}, "broken filter"),
        ({"widths": "68"}, "broken filter"),
        ({"blocks": True}, "blocks is True"),
        ({"blocks": 2}, "broken filter"),
        ({"styles": []}, "1 to 64 styles"),
        ({"styles": ["a", "a", "b"]}, "two styles have one name"),
        ({"styles": ["a", "b", "../c"]}, "no name of a style"),
        ({"styles": ["a"]}, "broken filter"),
        ({"size": -3}, "size is -3"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_in_words(file: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        open_filter(rewrite(file, **changes), CPU)


def test_numbers_that_are_not_finite_and_other_families_are_refused(file: Path) -> None:
    header, tensors = read_weights(file)
    tensors["leave.bias"][3] = float("nan")
    write_weights(file, WeightsHeader(header.family, header.arguments), tensors)
    with pytest.raises(WeightsError, match=r"leave\.bias holds numbers that are not finite"):
        open_filter(file, CPU)
    write_weights(file, WeightsHeader("composite", {}), tensors)
    with pytest.raises(WeightsError, match="family composite, not a filter"):
        open_filter(file, CPU)
    with pytest.raises(WeightsError, match="there is no weights file"):
        open_filter(file.with_name("absent.safetensors"), CPU)


def test_whatever_bytes_are_changed_it_ends_in_one_line_or_opens(file: Path) -> None:
    whole, dice = file.read_bytes(), random.Random(5)
    told = []
    for _ in range(60):
        torn = bytearray(whole)
        for _ in range(dice.choice((1, 4, 40))):
            torn[dice.randrange(min(len(torn), dice.choice((16, 900, len(torn)))))] = dice.randrange(256)
        file.write_bytes(bytes(torn[: dice.choice((len(torn), dice.randrange(len(torn))))]))
        try:
            open_filter(file, CPU)
        except WeightsError as error:
            told.append(str(error))
    assert len(told) > 50
    assert not [line for line in told if "\n" in line]


def test_a_header_of_any_json_ends_in_one_line(file: Path) -> None:
    _, tensors = read_weights(file)
    dice = random.Random(6)
    odd = [None, True, -1, 1e400, "", "x" * 9000, [], [[]], {}, {"a": 1}, [1, 2], "6"]
    for _ in range(60):
        arguments = {
            name: dice.choice([value, *odd])
            for name, value in {"kind": "style", "styles": ["a"], "size": 64, "widths": [6, 8], "blocks": 1}.items()
        }
        header = {"format": 1, "family": "filter", "arguments": arguments, "licence": {"name": "x"}}
        text = json.dumps(header | {"sha256": digest(tensors)})
        file.write_bytes(save(tensors, metadata={KEY: text}))
        with pytest.raises(WeightsError):
            open_filter(file, CPU)
