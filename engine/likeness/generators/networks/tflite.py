"""A network out of a TFLite file, run by torch: convolutions, and the steps by which a face mesh looks closer."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import WeightsError
from likeness.generators.readers.tflite import TFLiteGraph, TFLiteStep

Shape = tuple[int, ...]


class TFLiteNetwork:
    """Runs a network of a TFLite file on the CPU, in float32. One thread at a time.

    Within, pictures lie `[batch, channels, height, width]`; what has three dimensions or fewer lies as in the file.

    Args:
        graph: as `readers.tflite` reads it.

    Raises:
        WeightsError: it has a step that cannot be run.
    """

    def __init__(self, graph: TFLiteGraph) -> None:
        self._graph = graph
        self._constants = {number: torch.from_numpy(values.copy()) for number, values in graph.constants.items()}
        self._steps: list[tuple[TFLiteStep, Callable[..., Tensor]]] = []
        for step in graph.steps:
            if step.name == "DEQUANTIZE":
                # Weights are stored in half the bytes.
                self._constants[step.outputs[0]] = self._constants[step.inputs[0]].float()
                continue
            self._steps.append((step, self._make(step)))

    @property
    def input_shape(self) -> Shape:
        """Return the shape of the first input, `[1, height, width, channels]`."""
        return self._graph.shapes[self._graph.inputs[0]]

    @torch.inference_mode()
    def run(self, picture: Tensor) -> Mapping[str, Tensor]:
        """Return what comes out, by name, each flat.

        Args:
            picture: `[1, channels, height, width]`, in the range that the network wants.
        """
        known = {self._graph.inputs[0]: picture.contiguous(memory_format=torch.channels_last)}
        for step, call in self._steps:
            known[step.outputs[0]] = call(*(known[each] for each in step.inputs if each in known))
        return {name: _to_file_order(known[number]).flatten() for name, number in self._graph.outputs.items()}

    def custom_options(self, name: str) -> list[Mapping[str, object]]:
        """Return the options of each custom step called `name`, in their order."""
        return [step.options for step in self._graph.steps if step.name == name]

    def _make(self, step: TFLiteStep) -> Callable[..., Tensor]:
        """Return what runs a step on those of its inputs that are no constants."""
        weights = [self._constants.get(each) for each in step.inputs]
        if step.name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            return _make_convolution(step, weights, self._graph.shapes[step.inputs[0]])
        if step.name == "MAX_POOL_2D":
            return _make_pool(step, self._graph.shapes[step.inputs[0]])
        if step.name in ("ADD", "MUL"):
            return _make_sum(step, next((each for each in weights if each is not None), None))
        if step.name == "PRELU" and weights[1] is not None:
            slope = weights[1].flatten()
            return lambda x: functional.prelu(x, slope)
        if step.name == "PAD" and weights[1] is not None:
            _, rows, columns, channels = (tuple(map(int, each)) for each in weights[1])
            return lambda x: functional.pad(x, (*columns, *rows, *channels))
        if step.name in ("RESHAPE", "STRIDED_SLICE"):
            # Of the networks for faces every slice is the whole.
            return _make_reshape(self._graph.shapes[step.outputs[0]], self._graph.shapes[step.inputs[0]])
        if step.name == "Landmarks2TransformMatrix":
            return _make_crop(step)
        if step.name == "TransformTensorBilinear":
            size = int(step.options["output_height"]), int(step.options["output_width"])
            return lambda x, matrix: _sample(x, matrix, size)
        if step.name == "TransformLandmarks":
            return lambda points, matrix: points @ matrix[:, :2, :2].mT + matrix[:, None, :2, 3]
        raise WeightsError(f"a TFLite network with the step {step.name} cannot be run; use the file that the docs name")


def _make_convolution(step: TFLiteStep, weights: list[Tensor | None], shape: Shape) -> Callable[..., Tensor]:
    kernel, bias = weights[1], weights[2] if len(weights) > 2 else None
    if kernel is None:
        raise WeightsError(f"a TFLite network whose {step.name} has no fixed weights cannot be run")
    groups = 1
    if step.name == "DEPTHWISE_CONV_2D":
        groups, kernel = shape[3], kernel.permute(3, 0, 1, 2)
    else:
        kernel = kernel.permute(0, 3, 1, 2)
    kernel = kernel.contiguous(memory_format=torch.channels_last)
    stride = step.options["stride"]
    pad = _same_padding(step, shape, (kernel.shape[2], kernel.shape[3]))
    even = pad[0] == pad[1] and pad[2] == pad[3]
    relu = _make_relu(step)

    def convolve(x: Tensor) -> Tensor:
        if not even:
            x = functional.pad(x, pad)
        inner = (pad[2], pad[0]) if even else (0, 0)
        return relu(functional.conv2d(x, kernel, bias, stride, inner, 1, groups))

    return convolve


def _make_pool(step: TFLiteStep, shape: Shape) -> Callable[..., Tensor]:
    size, stride = step.options["filter"], step.options["stride"]
    pad = _same_padding(step, shape, size)
    if not any(pad):
        return lambda x: functional.max_pool2d(x, size, stride)
    return lambda x: functional.max_pool2d(functional.pad(x, pad, value=-math.inf), size, stride)


def _same_padding(step: TFLiteStep, shape: Shape, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return px left, right, above and below; where they are odd the last side has more [TensorFlow, "SAME"]."""
    if step.options["padding"] == "valid":
        return 0, 0, 0, 0
    pads: list[int] = []
    for length, extent, stride in zip(
        reversed(shape[1:3]), reversed(size), reversed(step.options["stride"]), strict=True
    ):
        whole = max((math.ceil(length / stride) - 1) * stride + extent - length, 0)
        pads += [whole // 2, whole - whole // 2]
    return pads[0], pads[1], pads[2], pads[3]


def _make_relu(step: TFLiteStep) -> Callable[[Tensor], Tensor]:
    kind = step.options.get("relu", "")
    if kind == "relu":
        return torch.relu
    return functional.relu6 if kind == "relu6" else lambda x: x


def _make_sum(step: TFLiteStep, constant: Tensor | None) -> Callable[..., Tensor]:
    combine, relu = (torch.add if step.name == "ADD" else torch.mul), _make_relu(step)
    if constant is None:
        return lambda x, y: relu(combine(x, y))
    return lambda x: relu(combine(x, constant))


def _make_reshape(shape: Shape, before: Shape) -> Callable[..., Tensor]:
    def reshape(x: Tensor) -> Tensor:
        flat = (_to_file_order(x) if len(before) == 4 else x).reshape(shape)
        return flat.permute(0, 3, 1, 2) if len(shape) == 4 else flat

    return reshape


def _make_crop(step: TFLiteStep) -> Callable[..., Tensor]:
    """Return what finds the square around some points, as a matrix `[1, 4, 4]` from the square into their picture.

    [MediaPipe, landmarks_to_transform_matrix.cc]: level along two of the points, larger than their box by a scale.
    """
    options = step.options
    chosen = torch.tensor(options["subset_idxs"])
    left, right = int(options["left_rotation_idx"]), int(options["right_rotation_idx"])
    width, height = float(options["output_width"]), float(options["output_height"])
    upright, scale = float(options["target_rotation_radians"]), (float(options["scale_x"]), float(options["scale_y"]))

    def crop(points: Tensor) -> Tensor:
        flat = points[0, :, :2]
        way = flat[right] - flat[left]
        turn = torch.atan2(way[1], way[0]) - upright
        cos, sin = torch.cos(turn), torch.sin(turn)
        rotation = torch.stack((torch.stack((cos, -sin)), torch.stack((sin, cos))))
        level = flat[chosen] @ rotation
        low, high = level.amin(0), level.amax(0)
        middle = rotation @ ((low + high) / 2)
        size = (high - low) * flat.new_tensor((scale[0] / width, scale[1] / height))
        matrix = torch.eye(4).expand(1, 4, 4).clone()
        matrix[0, :2, :2] = rotation * size
        matrix[0, :2, 3] = middle - matrix[0, :2, :2] @ flat.new_tensor((width / 2, height / 2))
        return matrix

    return crop


def _sample(x: Tensor, matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a part of a picture, places of whose px' middles `matrix` gives, in px; nothing lies outside."""
    rows, columns = torch.meshgrid(torch.arange(size[0]) + 0.5, torch.arange(size[1]) + 0.5, indexing="ij")
    place = torch.stack((columns, rows), -1) @ matrix[0, :2, :2].T + matrix[0, :2, 3]
    extent = place.new_tensor((x.shape[3], x.shape[2]))
    inside = ((place >= 0.5) & (place <= extent - 0.5)).all(-1)
    sampled = functional.grid_sample(x, (place * 2 / extent - 1)[None], align_corners=False)
    return sampled * inside


def _to_file_order(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1) if x.ndim == 4 else x
