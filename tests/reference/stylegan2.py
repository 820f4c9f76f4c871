"""StyleGAN2 written down plainly, step by step as in the paper, to check the fast one and to race it."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

State = dict[str, Tensor]


@dataclass(frozen=True)
class Shape:
    """What a random snapshot is made of."""

    resolution: int = 32
    architecture: str = "skip"
    z_dim: int = 24
    w_dim: int = 20
    c_dim: int = 0
    depth: int = 2
    channel_base: int = 256
    channel_max: int = 24
    img_channels: int = 3
    taps: tuple[float, ...] = (1, 3, 3, 1)
    use_noise: bool = True

    def channels(self, size: int) -> int:
        return min(self.channel_base // size, self.channel_max)

    @property
    def sizes(self) -> list[int]:
        return [4 << i for i in range(int(math.log2(self.resolution)) - 1)]

    @property
    def num_ws(self) -> int:
        return 2 * len(self.sizes)


def random_state(shape: Shape, seed: int = 0) -> State:
    """Return a state dict under the official names with everything random, also what is constant at the start."""
    g = torch.Generator().manual_seed(seed)

    def draw(*size: int) -> Tensor:
        return torch.randn(*size, generator=g)

    taps = torch.tensor(shape.taps)
    kernel = torch.outer(taps, taps) / taps.sum() ** 2
    state: State = {"mapping.w_avg": draw(shape.w_dim) * 0.3}
    width = shape.z_dim
    if shape.c_dim:
        state["mapping.embed.weight"] = draw(shape.w_dim, shape.c_dim)
        state["mapping.embed.bias"] = draw(shape.w_dim) * 0.1
        width += shape.w_dim
    for i in range(shape.depth):
        state[f"mapping.fc{i}.weight"] = draw(shape.w_dim, width) * 100
        state[f"mapping.fc{i}.bias"] = draw(shape.w_dim)
        width = shape.w_dim

    def affine(prefix: str, channels: int) -> None:
        state[f"{prefix}.affine.weight"] = draw(channels, shape.w_dim)
        state[f"{prefix}.affine.bias"] = 1 + 0.1 * draw(channels)

    def convolution(prefix: str, into: int, out: int, size: int) -> None:
        affine(prefix, into)
        state[f"{prefix}.weight"] = draw(out, into, 3, 3)
        state[f"{prefix}.bias"] = 0.2 * draw(out)
        state[f"{prefix}.resample_filter"] = kernel
        if shape.use_noise:
            state[f"{prefix}.noise_const"] = draw(size, size)
            state[f"{prefix}.noise_strength"] = 0.3 * torch.rand((), generator=g) + 0.1

    before = 0
    for size in shape.sizes:
        block, channels = f"synthesis.b{size}", shape.channels(size)
        state[f"{block}.resample_filter"] = kernel
        if before:
            convolution(f"{block}.conv0", before, channels, size)
        else:
            state[f"{block}.const"] = draw(channels, 4, 4)
        convolution(f"{block}.conv1", channels, channels, size)
        if shape.architecture == "resnet" and before:
            state[f"{block}.skip.weight"] = draw(channels, before, 1, 1)
            state[f"{block}.skip.resample_filter"] = kernel
        if shape.architecture == "skip" or size == shape.resolution:
            affine(f"{block}.torgb", channels)
            state[f"{block}.torgb.weight"] = draw(shape.img_channels, channels, 1, 1)
            state[f"{block}.torgb.bias"] = 0.1 * draw(shape.img_channels)
        before = channels
    return state


def dense(x: Tensor, weight: Tensor, bias: Tensor, lr_multiplier: float = 1.0) -> Tensor:
    """A layer with equalised learning rate [Karras et al. 2018, sec. 4.1]."""
    return x @ (weight * (lr_multiplier / math.sqrt(weight.shape[1]))).T + bias * lr_multiplier


def activate(x: Tensor, name: str, gain: float = 1.0, clamp: float | None = None) -> Tensor:
    """The nonlinearity, its gain, then the clamp at `clamp * gain`."""
    functions = {
        "linear": (lambda v: v, 1.0),
        "relu": (functional.relu, math.sqrt(2)),
        "lrelu": (lambda v: torch.where(v > 0, v, 0.2 * v), math.sqrt(2)),
        "tanh": (torch.tanh, 1.0),
        "sigmoid": (torch.sigmoid, 1.0),
        "softplus": (functional.softplus, 1.0),
        "elu": (functional.elu, 1.0),
        "selu": (functional.selu, 1.0),
        "swish": (lambda v: v * torch.sigmoid(v), math.sqrt(2)),
    }
    function, own = functions[name]
    y = function(x) * (own * gain)
    return y if clamp is None else y.clamp(-clamp * gain, clamp * gain)


def mapping(state: State, z: Tensor, labels: Tensor | None = None, lr: float = 0.01, act: str = "lrelu") -> Tensor:
    """Return w [batch, w_dim]."""
    x = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
    if "mapping.embed.weight" in state:
        y = dense(labels, state["mapping.embed.weight"], state["mapping.embed.bias"])
        x = torch.cat([x, y / (y.square().mean(1, keepdim=True) + 1e-8).sqrt()], 1)
    i = 0
    while f"mapping.fc{i}.weight" in state:
        x = activate(dense(x, state[f"mapping.fc{i}.weight"], state[f"mapping.fc{i}.bias"], lr), act)
        i += 1
    return x


def upfirdn(x: Tensor, kernel: Tensor, up: int, low: int, high: int, gain: float) -> Tensor:
    """Put `up - 1` zeros behind each pixel, pad, convolve with the kernel."""
    batch, channels, height, width = x.shape
    spaced = x.new_zeros(batch, channels, height, up, width, up)
    spaced[:, :, :, 0, :, 0] = x
    padded = functional.pad(spaced.reshape(batch, channels, height * up, width * up), (low, high, low, high))
    weight = (kernel.flip((0, 1)) * gain)[None, None].repeat(channels, 1, 1, 1)
    return functional.conv2d(padded, weight, groups=channels)


def modulated(x: Tensor, state: State, prefix: str, w: Tensor, up: bool, demodulate: bool) -> Tensor:
    """Modulate, demodulate, convolve: every sample with its own weights, in one grouped convolution."""
    weight = state[f"{prefix}.weight"]
    out, into, k, _ = weight.shape
    style = dense(w, state[f"{prefix}.affine.weight"], state[f"{prefix}.affine.bias"])
    if not demodulate:
        style = style / math.sqrt(into * k * k)
    own = weight[None] * style[:, None, :, None, None]
    if demodulate:
        own = own * (own.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    batch, _, height, width = x.shape
    x = x.reshape(1, batch * into, height, width)
    if not up:
        y = functional.conv2d(x, own.reshape(-1, into, k, k), padding=k // 2, groups=batch)
        return y.reshape(batch, out, height, width)
    own = own.transpose(1, 2).reshape(batch * into, out, k, k)
    y = functional.conv_transpose2d(x, own, stride=2, groups=batch)
    kernel = state[f"{prefix}.resample_filter"]
    n = kernel.shape[0]
    low, high = 1 + (n + 1) // 2 - (k - 1), 1 + (n - 2) // 2 - (k - 2)
    return upfirdn(y.reshape(batch, out, *y.shape[2:]), kernel, 1, low, high, 4.0)


def layer(
    x: Tensor, state: State, prefix: str, w: Tensor, noise: str, act: str, clamp: float | None, gain: float = 1.0
) -> Tensor:
    """One styled convolution with noise, bias and nonlinearity."""
    x = modulated(x, state, prefix, w, up="conv0" in prefix, demodulate=True)
    if noise == "const" and f"{prefix}.noise_const" in state:
        x = x + state[f"{prefix}.noise_const"] * state[f"{prefix}.noise_strength"]
    return activate(x + state[f"{prefix}.bias"][None, :, None, None], act, gain, clamp)


def synthesize(
    state: State, ws: Tensor, noise: str = "const", act: str = "lrelu", clamp: float | None = None
) -> Tensor:
    """Return the picture of `ws` [batch, num_ws, w_dim]; the architecture follows from the names in `state`."""
    sizes = sorted({int(name.split(".")[1][1:]) for name in state if name.startswith("synthesis.b")})
    image, position = None, 0
    x = state["synthesis.b4.const"][None].repeat(len(ws), 1, 1, 1)
    for size in sizes:
        block = f"synthesis.b{size}"
        beside, gain = None, 1.0
        kernel = state[f"{block}.resample_filter"]
        n = kernel.shape[0]
        if f"{block}.skip.weight" in state:
            gain = math.sqrt(0.5)
            weight = state[f"{block}.skip.weight"]
            beside = functional.conv2d(x, weight / math.sqrt(weight.shape[1]))
            beside = upfirdn(beside, kernel, 2, (n + 1) // 2, (n - 2) // 2, 4.0)
            beside = activate(beside, "linear", gain, clamp)
        if size > 4:
            x = layer(x, state, f"{block}.conv0", ws[:, position], noise, act, clamp)
            position += 1
        x = layer(x, state, f"{block}.conv1", ws[:, position], noise, act, clamp, gain)
        position += 1
        x = x if beside is None else x + beside
        if image is not None:
            image = upfirdn(image, kernel, 2, (n + 1) // 2, (n - 2) // 2, 4.0)
        if f"{block}.torgb.weight" in state:
            drawn = modulated(x, state, f"{block}.torgb", ws[:, position], up=False, demodulate=False)
            drawn = activate(drawn + state[f"{block}.torgb.bias"][None, :, None, None], "linear", 1.0, clamp)
            image = drawn if image is None else image + drawn
    return image
