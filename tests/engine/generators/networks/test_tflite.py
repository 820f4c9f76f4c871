"""A TFLite network by torch: each step against its definition, and where it is there, MediaPipe's own network."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generators.networks.tflite import TFLiteNetwork
from likeness.generators.readers.tflite import TFLiteGraph, TFLiteStep

Shapes = tuple[tuple[int, ...], ...]


def run(steps: list[TFLiteStep], constants: dict[int, Any], shapes: Shapes, x: np.ndarray) -> Tensor:
    """Return the last step's output, in the file's order of dimensions, flat."""
    graph = TFLiteGraph(tuple(steps), constants, shapes, (0,), {"out": steps[-1].outputs[0]})
    return TFLiteNetwork(graph).run(torch.from_numpy(x.astype(np.float32)).permute(0, 3, 1, 2))["out"]


def convolve(x: np.ndarray, kernel: np.ndarray, stride: int, *, same: bool) -> np.ndarray:
    """The definition [TensorFlow, "SAME"]: where a pad is odd, the right and the lower side have more."""
    rows, columns = kernel.shape[1:3]
    extents = list(zip(x.shape[1:3], (rows, columns), strict=True))
    size = [math.ceil(n / stride) if same else (n - k) // stride + 1 for n, k in extents]
    whole = [(m - 1) * stride + k - n for m, (n, k) in zip(size, extents, strict=True)]
    pads = [max(pad, 0) if same else 0 for pad in whole]
    wide = np.pad(x, ((0, 0), *((pad // 2, pad - pad // 2) for pad in pads), (0, 0)))
    out = np.zeros((1, *size, len(kernel)))
    for row in range(size[0]):
        for column in range(size[1]):
            part = wide[0, row * stride : row * stride + rows, column * stride : column * stride + columns]
            out[0, row, column] = (part[None] * kernel).sum((1, 2, 3))
    return out


@pytest.mark.parametrize(("side", "stride", "same"), [(7, 2, True), (8, 2, True), (8, 1, True), (8, 2, False)])
def test_a_convolution_pads_as_tensorflow_does(side: int, stride: int, same: bool) -> None:
    dice = np.random.default_rng(3)
    x, kernel = dice.standard_normal((1, side, side, 2)), dice.standard_normal((3, 3, 3, 2)).astype(np.float32)
    wanted = convolve(x, kernel, stride, same=same)
    options = {"padding": "same" if same else "valid", "stride": (stride, stride), "relu": ""}
    step = TFLiteStep("CONV_2D", (0, 1, 2), (3,), options)
    constants = {1: kernel, 2: np.full(3, 0.25, np.float32)}
    found = run([step], constants, (x.shape, kernel.shape, (3,), wanted.shape), x)
    assert np.allclose(found.numpy(), wanted.ravel() + 0.25, atol=1e-4)


def test_a_depthwise_convolution_keeps_channels_apart_and_prelu_bends_what_is_below_nothing() -> None:
    x = np.stack((np.full((4, 4), 2.0), np.full((4, 4), -3.0)), -1)[None]
    kernel = np.stack((np.full((1, 3, 3), 1.0), np.full((1, 3, 3), 2.0)), -1).astype(np.float32)
    options = {"padding": "valid", "stride": (1, 1), "relu": ""}
    steps = [TFLiteStep("DEPTHWISE_CONV_2D", (0, 1), (3,), options), TFLiteStep("PRELU", (3, 2), (4,))]
    constants = {1: kernel, 2: np.array([[[0.1, 0.5]]], np.float32)}
    shapes = (x.shape, kernel.shape, (1, 1, 2), (1, 2, 2, 2), (1, 2, 2, 2))
    assert run(steps, constants, shapes, x).tolist() == pytest.approx([18.0, -27.0] * 4)


def test_channels_are_padded_and_a_pool_takes_the_most() -> None:
    x = np.arange(16.0).reshape(1, 4, 4, 1)
    steps = [
        TFLiteStep("MAX_POOL_2D", (0,), (2,), {"padding": "same", "stride": (2, 2), "filter": (2, 2), "relu": ""}),
        TFLiteStep("PAD", (2, 1), (3,)),
    ]
    pads = np.array([[0, 0], [0, 0], [0, 0], [0, 1]], np.int32)
    found = run(steps, {1: pads}, (x.shape, (4, 2), (1, 2, 2, 1), (1, 2, 2, 2)), x)
    assert found.tolist() == [5, 0, 7, 0, 13, 0, 15, 0]


def test_a_closer_look_finds_the_level_box_of_its_points_and_what_lies_there() -> None:
    angle = 0.4
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    # A box of 6 x 2 px around (20, 12), tilted, with two points that lie along it.
    box = np.array([(-3, -1), (3, -1), (3, 1), (-3, 1)]) @ turn.T + (20, 12)
    points = np.column_stack((box, np.zeros(4)))[None, None]
    options = {
        "subset_idxs": (0, 1, 2, 3), "left_rotation_idx": 0, "right_rotation_idx": 1, "target_rotation_radians": 0.0,
        "scale_x": 1.5, "scale_y": 2.0, "output_width": 8, "output_height": 4,
    }  # fmt: skip
    steps = [TFLiteStep("RESHAPE", (0,), (1,)), TFLiteStep("Landmarks2TransformMatrix", (1,), (2,), options)]
    matrix = run(steps, {}, (points.shape, (1, 4, 3), (1, 4, 4)), points).reshape(4, 4).numpy()
    corner = matrix @ (0, 0, 0, 1)
    assert np.allclose(corner[:2], np.array([-4.5, -2.0]) @ turn.T + (20, 12), atol=1e-4)
    assert np.allclose((matrix @ (8, 4, 0, 1))[:2], np.array([4.5, 2.0]) @ turn.T + (20, 12), atol=1e-4)


def test_a_part_is_sampled_at_the_middles_of_its_px_and_points_go_back_the_same_way() -> None:
    x = np.tile(np.arange(10.0)[None, None, :, None], (1, 10, 1, 1))
    matrix = np.eye(4)[None].astype(np.float32)
    matrix[0, :2, :2] *= 2
    matrix[0, :2, 3] = (1, 1)
    step = TFLiteStep("TransformTensorBilinear", (0, 1), (2,), {"output_height": 3, "output_width": 5})
    graph = TFLiteGraph((step,), {}, (x.shape, (1, 4, 4), (1, 3, 5, 1)), (0,), {"out": 2})
    network = TFLiteNetwork(graph)
    call = network._steps[0][1]
    found = call(torch.from_numpy(x.astype(np.float32)).permute(0, 3, 1, 2), torch.from_numpy(matrix))[0, 0]
    # The middle of the first px is at 2 * 0.5 + 1, which is 1.5 px from the middle of the picture's first; the last one
    # lies outside.
    assert found[1].tolist() == pytest.approx([1.5, 3.5, 5.5, 7.5, 0.0])


def test_a_step_that_is_not_known_is_refused() -> None:
    graph = TFLiteGraph((TFLiteStep("Teleport", (0,), (1,)),), {}, ((1,), (1,)), (0,), {"out": 1})
    with pytest.raises(WeightsError, match="Teleport"):
        TFLiteNetwork(graph)
