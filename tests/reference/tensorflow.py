"""StyleGAN and progressive growing written down plainly on their TensorFlow variables, tensors as H, W, C."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Variables = dict[str, np.ndarray]
ROOT2 = math.sqrt(2)


def stylegan1_variables(
    resolution: int, channels: int = 6, w_dim: int = 8, labels: int = 0, seed: int = 0
) -> Variables:
    """Random variables under the names of the 2018 code."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    out: Variables = {"dlatent_avg": draw(w_dim), "lod": np.float32(0)}
    if labels:
        out["mapping/LabelConcat/weight"] = draw(labels, w_dim)
    for i in range(3):
        out[f"mapping/Dense{i}/weight"] = 100 * draw(w_dim * (2 if labels and i == 0 else 1), w_dim)
        out[f"mapping/Dense{i}/bias"] = draw(w_dim)
    out["synthesis/4x4/Const/const"] = draw(1, channels, 4, 4)
    for i, size in enumerate(4 << k for k in range(int(math.log2(resolution)) - 1)):
        for j, part in enumerate(("Const", "Conv") if size == 4 else ("Conv0_up", "Conv1")):
            name = f"synthesis/{size}x{size}/{part}"
            if part != "Const":
                out[f"{name}/weight"] = draw(3, 3, channels, channels)
            out[f"{name}/bias"] = draw(channels)
            out[f"{name}/Noise/weight"] = 0.3 * draw(channels)
            out[f"{name}/StyleMod/weight"] = draw(w_dim, 2 * channels)
            out[f"{name}/StyleMod/bias"] = 0.3 * draw(2 * channels)
            out[f"synthesis/noise{2 * i + j}"] = draw(1, 1, size, size)
    for lod in range(int(math.log2(resolution)) - 1):
        out[f"synthesis/ToRGB_lod{lod}/weight"] = draw(1, 1, channels, 3)
        out[f"synthesis/ToRGB_lod{lod}/bias"] = draw(3)
    return out


def progan_variables(resolution: int, fused: bool, channels: int = 6, z_dim: int = 8, seed: int = 0) -> Variables:
    """Random variables under the names of the 2017 code."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    out: Variables = {
        "lod": np.float32(0),
        "4x4/Dense/weight": draw(z_dim, channels * 16),
        "4x4/Dense/bias": draw(channels),
    }
    out["4x4/Conv/weight"], out["4x4/Conv/bias"] = draw(3, 3, channels, channels), draw(channels)
    for size in (8 << k for k in range(int(math.log2(resolution)) - 2)):
        for part in ("Conv0_up" if fused else "Conv0", "Conv1"):
            # Five channels out at 8 px, so that in and out cannot be taken for each other.
            into, outof = channels if size == 8 and "0" in part else 5, 5
            shape = (3, 3, outof, into) if part == "Conv0_up" else (3, 3, into, outof)
            out[f"{size}x{size}/{part}/weight"], out[f"{size}x{size}/{part}/bias"] = draw(*shape), draw(outof)
    out["ToRGB_lod0/weight"], out["ToRGB_lod0/bias"] = draw(1, 1, 5, 3), draw(3)
    return out


def scaled(weight: np.ndarray, gain: float, fan_in: int | None = None) -> Tensor:
    """`get_weight` with `use_wscale`."""
    return torch.from_numpy(weight) * (gain / math.sqrt(fan_in or math.prod(weight.shape[:-1])))


def convolve(x: Tensor, weight: Tensor) -> Tensor:
    """`tf.nn.conv2d`, SAME, one tap at a time; `x` [H, W, I], `weight` [k, k, I, O]."""
    k, height, width = weight.shape[0], *x.shape[:2]
    padded = functional.pad(x, (0, 0, k // 2, k // 2, k // 2, k // 2))
    return sum(padded[a : a + height, b : b + width] @ weight[a, b] for a in range(k) for b in range(k))


def upscale_fused(x: Tensor, weight: Tensor) -> Tensor:
    """`tf.nn.conv2d_transpose` with stride 2, SAME, one tap at a time; `weight` [3, 3, O, I]."""
    padded = functional.pad(weight, (0, 0, 0, 0, 1, 1, 1, 1))
    w4 = padded[1:, 1:] + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1]
    height, width = x.shape[:2]
    out = torch.zeros(2 * height + 2, 2 * width + 2, weight.shape[2])
    for a in range(4):
        for b in range(4):
            out[a : a + 2 * height : 2, b : b + 2 * width : 2] += x @ w4[a, b].T
    return out[1:-1, 1:-1]


def nearest(x: Tensor) -> Tensor:
    """`upscale2d`."""
    return x.repeat_interleave(2, 0).repeat_interleave(2, 1)


def bias(v: Variables, name: str) -> Tensor:
    """The bias of the layer `name`."""
    return torch.from_numpy(v[f"{name}/bias"])


def leaky(x: Tensor) -> Tensor:
    """`leaky_relu` with alpha 0.2."""
    return torch.maximum(x, 0.2 * x)


def stylegan1_w(v: Variables, z: Tensor, label: Tensor | None = None) -> Tensor:
    """`G_mapping` of one `z` [z_dim]."""
    x = z if label is None else torch.cat([z, label @ torch.from_numpy(v["mapping/LabelConcat/weight"])])
    x = x / (x.square().mean() + 1e-8).sqrt()
    for i in range(3):
        weight = scaled(v[f"mapping/Dense{i}/weight"], ROOT2) * 0.01
        x = leaky(x @ weight + torch.from_numpy(v[f"mapping/Dense{i}/bias"]) * 0.01)
    return x


def stylegan1_image(v: Variables, ws: Tensor, resolution: int, fused_from: int = 128) -> Tensor:
    """`G_synthesis` of one `ws` [num_ws, w_dim]; returns [3, R, R]."""

    def epilogue(x: Tensor, name: str, index: int) -> Tensor:
        noise = torch.from_numpy(v[f"synthesis/noise{index}"])[0, 0][..., None]
        x = leaky(x + noise * torch.from_numpy(v[f"{name}/Noise/weight"]) + torch.from_numpy(v[f"{name}/bias"]))
        x = x - x.mean((0, 1))
        x = x / (x.square().mean((0, 1)) + 1e-8).sqrt()
        style = ws[index] @ scaled(v[f"{name}/StyleMod/weight"], 1.0) + bias(v, f"{name}/StyleMod")
        style = style.reshape(2, -1)
        return x * (style[0] + 1) + style[1]

    taps = torch.tensor([1.0, 2.0, 1.0])
    blur = torch.outer(taps, taps) / 16
    x = epilogue(torch.from_numpy(v["synthesis/4x4/Const/const"])[0].permute(1, 2, 0), "synthesis/4x4/Const", 0)
    x = epilogue(convolve(x, scaled(v["synthesis/4x4/Conv/weight"], ROOT2)), "synthesis/4x4/Conv", 1)
    for i, size in enumerate(8 << k for k in range(int(math.log2(resolution)) - 2)):
        name = f"synthesis/{size}x{size}"
        weight = scaled(v[f"{name}/Conv0_up/weight"], ROOT2)
        up = upscale_fused(x, weight.transpose(2, 3)) if size >= fused_from else convolve(nearest(x), weight)
        channels = up.shape[2]
        up = convolve(up, torch.eye(channels)[None, None] * blur[:, :, None, None])
        x = epilogue(up, f"{name}/Conv0_up", 2 * i + 2)
        x = epilogue(convolve(x, scaled(v[f"{name}/Conv1/weight"], ROOT2)), f"{name}/Conv1", 2 * i + 3)
    image = convolve(x, scaled(v["synthesis/ToRGB_lod0/weight"], 1.0)) + torch.from_numpy(
        v["synthesis/ToRGB_lod0/bias"]
    )
    return image.permute(2, 0, 1)


def progan_image(v: Variables, z: Tensor, resolution: int) -> Tensor:
    """`G_paper` of one `z` [z_dim]; returns [3, R, R]."""

    def norm(x: Tensor) -> Tensor:
        return x / (x.square().mean(-1, keepdim=True) + 1e-8).sqrt()

    x = norm(z) @ scaled(v["4x4/Dense/weight"], ROOT2 / 4)
    x = x.reshape(-1, 4, 4).permute(1, 2, 0)
    x = norm(leaky(x + torch.from_numpy(v["4x4/Dense/bias"])))
    x = norm(leaky(convolve(x, scaled(v["4x4/Conv/weight"], ROOT2)) + torch.from_numpy(v["4x4/Conv/bias"])))
    for size in (8 << k for k in range(int(math.log2(resolution)) - 2)):
        name = f"{size}x{size}"
        if f"{name}/Conv0_up/weight" in v:
            raw = v[f"{name}/Conv0_up/weight"]
            x = upscale_fused(x, scaled(raw, ROOT2, 9 * raw.shape[3])) + bias(v, f"{name}/Conv0_up")
        else:
            x = convolve(nearest(x), scaled(v[f"{name}/Conv0/weight"], ROOT2)) + torch.from_numpy(
                v[f"{name}/Conv0/bias"]
            )
        x = norm(leaky(x))
        x = convolve(x, scaled(v[f"{name}/Conv1/weight"], ROOT2)) + bias(v, f"{name}/Conv1")
        x = norm(leaky(x))
    image = convolve(x, scaled(v["ToRGB_lod0/weight"], 1.0)) + torch.from_numpy(v["ToRGB_lod0/bias"])
    return image.permute(2, 0, 1)
