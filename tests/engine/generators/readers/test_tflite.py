"""TFLite files: what is in them comes out, and broken ones are refused in one line."""

from contextlib import suppress

import numpy as np
import pytest
from tests.reference.tflite_bytes import Step, model

from likeness.errors import WeightsError
from likeness.generators.readers.tflite import parse_tflite, read_flexbuffer

# Made by Google's flatbuffers 25.12: {"angle": 1.5, "chosen": [1, 2, 300], "low": -2}.
OPTIONS = (
    b"angle\x00chosen\x00\x00\x03\x00\x01\x00\x02\x00,\x01low\x00\x03\x1b\x16\x07\x00\x00\x05\x00\x00\x00\x01\x00\x00"
    b"\x00\x03\x00\x00\x00\x00\x00\xc0? \x00\x00\x00\xfe\xff\xff\xff\x0e-\x06\x0f&\x01"
)
KERNEL = np.arange(2 * 3 * 3 * 1, dtype=np.float16).reshape(2, 3, 3, 1)


def small() -> bytes:
    """A convolution of a picture of 5 x 4 px, its weights stored in half the bytes, and a step of a maker's own."""
    tensors = [(1, 5, 4, 1), KERNEL, KERNEL.shape, np.array([0.5, -0.5], np.float32), (1, 3, 2, 2), (1, 3, 2, 2)]
    return model(
        tensors,
        [
            Step("DEQUANTIZE", (1,), (2,)),
            Step("CONV_2D", (0, 2, 3), (4,), {0: ("<b", 0), 1: ("<i", 2), 2: ("<i", 2), 3: ("<b", 1)}),
            Step("LooksCloser", (4,), (5,), custom=OPTIONS),
        ],
        inputs=(0,),
    )


def test_a_file_tells_its_steps_their_options_and_its_weights() -> None:
    graph = parse_tflite(small(), "small.tflite")
    assert [step.name for step in graph.steps] == ["DEQUANTIZE", "CONV_2D", "LooksCloser"]
    assert graph.steps[1].options == {"padding": "same", "stride": (2, 2), "relu": "relu"}
    assert graph.steps[2].options == {"angle": 1.5, "chosen": (1, 2, 300), "low": -2}
    assert graph.inputs == (0,)
    assert graph.outputs == {"t5": 5}
    assert graph.shapes[4] == (1, 3, 2, 2)
    assert np.array_equal(graph.constants[1], KERNEL)
    assert np.allclose(graph.constants[3], (0.5, -0.5))


def test_what_is_no_tflite_file_or_has_unknown_steps_is_refused() -> None:
    with pytest.raises(WeightsError, match="is no TFLite file"):
        parse_tflite(b"PK\3\4 what else", "wheel.zip")
    odd = small().replace(b"\x03\x00\x00\x00", b"\x63\x00\x00\x00")
    with pytest.raises(WeightsError, match="small"):
        parse_tflite(odd, "small")


def test_a_file_that_was_cut_off_or_damaged_never_ends_in_another_error() -> None:
    whole, dice = small(), np.random.default_rng(1)
    for length in range(8, len(whole), 7):
        with pytest.raises(WeightsError, match="broken"):
            parse_tflite(whole[:length], "cut")
    for _ in range(300):
        damaged = bytearray(whole)
        for at in dice.integers(8, len(whole), 3):
            damaged[at] = dice.integers(0, 256)
        # Some damage leaves another network behind, which is no fault that could be seen.
        with suppress(WeightsError):
            parse_tflite(bytes(damaged), "damaged")


def test_options_that_are_no_map_are_refused() -> None:
    with pytest.raises(ValueError, match="no map"):
        read_flexbuffer(b"\x05\x04\x01")
    assert read_flexbuffer(b"") == {}
