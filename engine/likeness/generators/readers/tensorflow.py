"""Legacy TensorFlow pickles: StyleGAN2, StyleGAN and progressive growing, brought under names like the official ones.

Their convolution weights lie as height, width, in, out; their dense weights as in, out.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from likeness.generators.readers.arrays import StoredArray
from likeness.generators.readers.inert import InertObject, SnapshotError
from likeness.generators.readers.snapshot import Snapshot, as_tensor

MOST_VARIABLES = 5_000
Convert = Callable[[Tensor], Tensor]


def read_tensorflow(content: Any) -> Snapshot | None:
    """Return the averaged generator, the last of the three networks, or None where `content` is something else.

    Raises:
        SnapshotError: where it is a network that is not known, or broken.
    """
    network = content[-1] if isinstance(content, tuple) and content else content
    if not isinstance(network, InertObject) or network.symbol.name != "Network":
        return None
    variables = _collect_variables(network)
    kwargs = network.state.get("static_kwargs", {})
    if not isinstance(kwargs, dict):
        raise SnapshotError("has a network whose arguments are broken")
    if "synthesis/4x4/Conv/mod_weight" in variables:
        return _read_stylegan2(variables, kwargs)
    if "synthesis/4x4/Const/StyleMod/weight" in variables:
        return _read_stylegan1(variables, kwargs)
    if "4x4/Dense/weight" in variables:
        return _read_progan(variables)
    raise SnapshotError("is a TensorFlow network that is neither StyleGAN 1 or 2 nor progressive growing")


def _collect_variables(network: InertObject) -> dict[str, Tensor]:
    """Return the variables of a network and, behind their names, of its two components."""
    parts = {"": network}
    components = network.state.get("components", {}) if isinstance(network.state, dict) else {}
    if isinstance(components, dict):
        parts.update({f"{name}/": part for name, part in components.items() if isinstance(part, InertObject)})
    found: dict[str, Tensor] = {}
    for prefix, part in parts.items():
        variables = part.state.get("variables") if isinstance(part.state, dict) else None
        if not isinstance(variables, list) or len(variables) > MOST_VARIABLES:
            raise SnapshotError("has a network without variables")
        for pair in variables:
            if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], str):
                raise SnapshotError("has a network whose variables are broken")
            name, value = pair
            if isinstance(value, StoredArray):
                found[prefix + name] = as_tensor(value)
            elif isinstance(value, int | float):
                found[prefix + name] = torch.tensor(float(value))
    return found


def _identity(x: Tensor) -> Tensor:
    return x


def _transpose(x: Tensor) -> Tensor:
    return x.t() if x.ndim == 2 else x


def _to_conv_weight(x: Tensor) -> Tensor:
    return x.permute(3, 2, 0, 1) if x.ndim == 4 else x


def _to_flipped_conv_weight(x: Tensor) -> Tensor:
    return _to_conv_weight(x).flip((2, 3)) if x.ndim == 4 else x


def _apply_rules(
    variables: Mapping[str, Tensor], rules: list[tuple[str, Callable[[re.Match[str]], str], Convert]]
) -> dict[str, Tensor]:
    """Return what the first rule that fits makes of each variable; what no rule fits (`lod`) is left out."""
    made: dict[str, Tensor] = {}
    for name, value in variables.items():
        for pattern, target, convert in rules:
            match = re.fullmatch(pattern, name)
            if match:
                try:
                    made[target(match)] = convert(value).contiguous()
                except (IndexError, RuntimeError):
                    raise SnapshotError(f"has a variable {name!r} of the shape {list(value.shape)}") from None
                break
    return made


def _noise_layer(match: re.Match[str]) -> str:
    """`noise0` is that of 4 px; then two for each size."""
    k = int(match[1])
    return "b4.conv1" if k == 0 else f"b{8 << min((k - 1) // 2, 16)}.conv{(k - 1) % 2}"


def _read_stylegan2(variables: Mapping[str, Tensor], kwargs: Mapping[str, Any]) -> Snapshot:
    layer = r"synthesis/(\d{1,5})x\1/(Conv0_up|Conv1|Conv|ToRGB|Skip)/"
    parts = {"Conv0_up": "conv0", "Conv1": "conv1", "Conv": "conv1", "ToRGB": "torgb", "Skip": "skip"}

    def at(name: str) -> Callable[[re.Match[str]], str]:
        return lambda m: f"synthesis.b{m[1]}.{parts[m[2]]}.{name}"

    biggest = max(int(m[1]) for n in variables if (m := re.match(r"synthesis/(\d{1,5})x\d+/", n)))
    # One output for each level of detail is the architecture "orig", of which the last alone is drawn.
    variables = {
        re.sub(r"^synthesis/ToRGB_lod0/", f"synthesis/{biggest}x{biggest}/ToRGB/", n): v for n, v in variables.items()
    }
    made = _apply_rules(
        variables,
        [
            (r"dlatent_avg", lambda m: "mapping.w_avg", _identity),
            (r"mapping/Dense(\d{1,3})/weight", lambda m: f"mapping.fc{m[1]}.weight", _transpose),
            (r"mapping/Dense(\d{1,3})/bias", lambda m: f"mapping.fc{m[1]}.bias", _identity),
            (r"mapping/LabelEmbed/weight", lambda m: "mapping.embed.weight", _transpose),
            (r"mapping/LabelEmbed/bias", lambda m: "mapping.embed.bias", _identity),
            (r"mapping/LabelConcat/weight", lambda m: "mapping.concat.weight", _identity),
            (r"synthesis/4x4/Const/const", lambda m: "synthesis.b4.const", lambda x: x[0] if x.ndim == 4 else x),
            (r"synthesis/(\d{1,5})x\1/(Conv0_up|Skip)/weight", at("weight"), _to_flipped_conv_weight),
            (layer + "weight", at("weight"), _to_conv_weight),
            (layer + "bias", at("bias"), _identity),
            (layer + "mod_weight", at("affine.weight"), _transpose),
            (layer + "mod_bias", at("affine.bias"), lambda x: x + 1),
            (layer + "noise_strength", at("noise_strength"), lambda x: x.reshape(())),
            (r"synthesis/noise(\d{1,3})", lambda m: f"synthesis.{_noise_layer(m)}.noise_const", lambda x: x[0, 0]),
        ],
    )
    taps = torch.tensor([float(tap) for tap in _parse_numbers(kwargs.get("resample_kernel"), (1, 3, 3, 1))])
    kernel = torch.outer(taps, taps) / taps.sum() ** 2
    for size in (8 << i for i in range(int(math.log2(biggest)) - 2)):
        for part in ("", ".conv0", ".skip"):
            made[f"synthesis.b{size}{part}.resample_filter"] = kernel
    arguments = {
        "lr_multiplier": kwargs.get("mapping_lrmul", 0.01),
        "mapping_activation": kwargs.get("mapping_nonlinearity", "lrelu"),
        "activation": kwargs.get("nonlinearity", "lrelu"),
        "conv_clamp": kwargs.get("conv_clamp"),
    }
    return Snapshot("stylegan2", "StyleGAN2 (official, TensorFlow)", arguments, made=made)


def _read_stylegan1(variables: Mapping[str, Tensor], kwargs: Mapping[str, Any]) -> Snapshot:
    layer = r"synthesis/(\d{1,5})x\1/(Conv0_up|Conv1|Const|Conv)/"
    parts = {"Const": "conv0", "Conv": "conv1", "Conv0_up": "conv0", "Conv0": "conv0", "Conv1": "conv1"}
    layer = layer.replace("Conv0_up|", "Conv0_up|Conv0|")

    def at(name: str) -> Callable[[re.Match[str]], str]:
        return lambda m: f"synthesis.b{m[1]}.{parts[m[2]]}.{name}"

    def noise(match: re.Match[str]) -> str:
        return f"synthesis.b{4 << min(int(match[1]) // 2, 16)}.conv{int(match[1]) % 2}.noise_const"

    made = _apply_rules(
        variables,
        [
            (r"dlatent_avg", lambda m: "mapping.w_avg", _identity),
            (r"mapping/Dense(\d{1,3})/weight", lambda m: f"mapping.fc{m[1]}.weight", _transpose),
            # Its gain is on the weights alone, not on the bias.
            (r"mapping/Dense(\d{1,3})/bias", lambda m: f"mapping.fc{m[1]}.bias", lambda x: x / math.sqrt(2)),
            (r"mapping/LabelConcat/weight", lambda m: "mapping.concat.weight", _identity),
            (r"synthesis/4x4/Const/const", lambda m: "synthesis.b4.const", lambda x: x[0] if x.ndim == 4 else x),
            (layer + "Noise/weight", at("noise_strength"), _identity),
            (layer + "StyleMod/weight", at("style.weight"), _transpose),
            (layer + "StyleMod/bias", at("style.bias"), _identity),
            (layer + "weight", at("weight"), _to_conv_weight),
            (layer + "bias", at("bias"), _identity),
            (r"synthesis/noise(\d{1,3})", noise, lambda x: x[0, 0]),
            (r"synthesis/ToRGB_lod0/weight", lambda m: "synthesis.torgb.weight", _to_conv_weight),
            (r"synthesis/ToRGB_lod0/bias", lambda m: "synthesis.torgb.bias", _identity),
        ],
    )
    arguments = {
        "lr_multiplier": kwargs.get("mapping_lrmul", 0.01),
        "blur": list(_parse_numbers(kwargs.get("blur_filter", (1, 2, 1)), ())),
        "fused_from": _parse_fused_scale(kwargs.get("fused_scale", "auto")),
    }
    return Snapshot("stylegan1", "StyleGAN (official, TensorFlow)", arguments, made=made)


def _read_progan(variables: Mapping[str, Tensor]) -> Snapshot:
    made = _apply_rules(
        variables,
        [
            (r"4x4/Dense/weight", lambda m: "dense.weight", _transpose),
            (r"4x4/Dense/bias", lambda m: "dense.bias", _identity),
            (r"4x4/Conv/weight", lambda m: "b4.conv1.weight", _to_conv_weight),
            (r"4x4/Conv/bias", lambda m: "b4.conv1.bias", _identity),
            # The transposed convolution's weights lie as height, width, out, in.
            (r"(\d{1,5})x\1/Conv0_up/weight", lambda m: f"b{m[1]}.conv0_up.weight", lambda x: x.permute(2, 3, 0, 1)),
            (r"(\d{1,5})x\1/Conv0_up/bias", lambda m: f"b{m[1]}.conv0_up.bias", _identity),
            (r"(\d{1,5})x\1/Conv(0|1)/weight", lambda m: f"b{m[1]}.conv{m[2]}.weight", _to_conv_weight),
            (r"(\d{1,5})x\1/Conv(0|1)/bias", lambda m: f"b{m[1]}.conv{m[2]}.bias", _identity),
            (r"ToRGB_lod0/weight", lambda m: "torgb.weight", _to_conv_weight),
            (r"ToRGB_lod0/bias", lambda m: "torgb.bias", _identity),
        ],
    )
    return Snapshot("progan", "progressive growing (official, TensorFlow)", {}, made=made)


def _parse_numbers(value: Any, default: tuple[float, ...]) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(n, int | float) for n in value) or len(value) > 32:
        return default
    return tuple(value)


def _parse_fused_scale(value: Any) -> int:
    """The size in px from which upsampling and convolution are one operation; "auto" is 128."""
    return {True: 0, False: 1 << 20}.get(value, 128) if isinstance(value, bool) else 128
