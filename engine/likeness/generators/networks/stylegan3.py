"""StyleGAN3: the alias-free generator of Karras et al. 2021, configurations t and r, under the official names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.filtered_lrelu import Resampler
from likeness.generators.networks.mapping import MappingNetwork
from likeness.generators.networks.modulated_conv import Noise
from likeness.generators.networks.ops import EPSILON, State, Tensors, cast_buffers

# 36 px in all that are published.
LARGEST_INPUT = 1024


@dataclass(frozen=True)
class StyleGAN3Settings:
    """What the tensors themselves do not say; names and defaults are those of the official constructor.

    Args:
        img_resolution: height and width in px.
        lr_multiplier: of the mapping network.
        num_critical: layers at the end without a margin in frequency.
        first_cutoff, first_stopband: of the first layer, in cycles over the picture.
        last_stopband_rel: of the last layer, over its cutoff.
        margin_size: px beyond the picture on each side.
        output_scale: of the picture.
        conv_clamp: largest absolute value after a nonlinearity; None for no limit.
        lrelu_upsampling: how much finer the nonlinearity is sampled than the layer.
    """

    img_resolution: int
    lr_multiplier: float = 0.01
    num_critical: int = 2
    first_cutoff: float = 2.0
    first_stopband: float = 2**2.1
    last_stopband_rel: float = 2**0.3
    margin_size: int = 10
    output_scale: float = 0.25
    conv_clamp: float | None = 256.0
    lrelu_upsampling: int = 2


@dataclass(frozen=True)
class Band:
    """One layer's place in the geometric progression of cutoffs [Karras et al. 2021, sec. 3.2].

    Args:
        size: height and width in px with the margin.
        rate: samples over the picture's width.
        cutoff: in cycles over the picture's width.
    """

    size: int
    rate: int
    cutoff: float


def plan_bands(settings: StyleGAN3Settings, num_layers: int) -> list[Band]:
    """Return one band for each of `num_layers` and for the picture."""
    last_cutoff = settings.img_resolution / 2
    last_stopband = last_cutoff * settings.last_stopband_rel
    found = []
    for i in range(num_layers + 1):
        t = min(i / (num_layers - settings.num_critical), 1.0)
        cutoff = settings.first_cutoff * (last_cutoff / settings.first_cutoff) ** t
        stopband = settings.first_stopband * (last_stopband / settings.first_stopband) ** t
        rate = 2 ** math.ceil(math.log2(min(stopband * 2, settings.img_resolution)))
        whole = i >= num_layers - 1
        found.append(Band(settings.img_resolution if whole else rate + 2 * settings.margin_size, rate, cutoff))
    return found


def plane_transform(x: float, y: float, degrees: float) -> Tensor:
    """Return the [3, 3] transform that shows the picture moved by `x`, `y` (1 is its width) and turned by `degrees`.

    It is the inverse of the motion, because it acts on the plane that the picture is drawn from [appendix E].
    """
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    # The inverse of [[cos, sin, x], [-sin, cos, y]], written out.
    return torch.tensor([[cos, -sin, sin * y - cos * x], [sin, cos, -sin * x - cos * y], [0.0, 0.0, 1.0]])


class FourierInput(nn.Module):
    """A plane of sine waves that w, and the performer's `transform`, move and turn [sec. 3.2, appendix F].

    Args:
        tensors: `weight`, `affine.*`, `freqs`, `phases`, `transform`.
    """

    def __init__(self, tensors: Tensors, band: Band, w_dim: int) -> None:
        super().__init__()
        channels = tensors.shape("freqs")[0]
        self.band = band
        buffers = {
            "weight": tensors.read("weight", channels, channels) / math.sqrt(channels),
            "freqs": tensors.read("freqs", channels, 2),
            "phases": tensors.read("phases", channels),
            "transform": tensors.read("transform", 3, 3) if tensors.has("transform") else torch.eye(3),
            "affine_weight": tensors.read("affine.weight", 4, w_dim) / math.sqrt(w_dim),
            "affine_bias": tensors.read("affine.bias", 4),
            "grid": self._grid(band),
        }
        for name, buffer in buffers.items():
            self.register_buffer(name, buffer)
        self.channels = channels

    @staticmethod
    def _grid(band: Band) -> Tensor:
        """Return pixel centres [size * size, 2] as (x, y), the picture without its margin being [-0.5, 0.5]."""
        line = (torch.arange(band.size) + 0.5 - band.size / 2) / band.rate
        y, x = torch.meshgrid(line, line, indexing="ij")
        return torch.stack([x, y], dim=2).reshape(-1, 2)

    def forward(self, w: Tensor, transform: Tensor | None = None) -> Tensor:
        """Return [batch, channels, size, size]; `transform` [3, 3] instead of the stored one."""
        get = self.get_buffer
        t: Tensor = functional.linear(w, get("affine_weight"), get("affine_bias"))
        t = t / t[:, :2].norm(dim=1, keepdim=True)
        turn = torch.stack([t[:, 0], -t[:, 1], t[:, 1], t[:, 0]], dim=1).reshape(-1, 2, 2)
        user = get("transform") if transform is None else transform
        # The shift by w is inside the turn by w, and both come after the performer's transform.
        matrix = turn @ user[:2, :2]
        shift = (turn @ (user[:2, 2] - t[:, 2:]).unsqueeze(2)).squeeze(2)
        phases = get("phases") + shift @ get("freqs").T
        freqs = get("freqs") @ matrix
        limit = self.band.rate / 2 - self.band.cutoff
        # Waves beyond the band fade out, so that a zoom does not alias.
        amplitudes = (1 - (freqs.norm(dim=2) - self.band.cutoff) / limit).clamp(0, 1)
        x = get("grid") @ freqs.transpose(1, 2) + phases[:, None]
        x = torch.sin(x * (2 * math.pi)) * amplitudes[:, None]
        x = (x @ get("weight").T).reshape(len(w), self.band.size, self.band.size, -1)
        return torch.permute(x, (0, 3, 1, 2))


class StyleGAN3Layer(nn.Module):
    """Modulated convolution and filtered nonlinearity [sec. 3.1]; magnitude EMA, gains and weights' length are folded.

    Args:
        tensors: `weight`, `bias`, `magnitude_ema`, `affine.*`, and `up_filter`, `down_filter` where not the identity.
        before, after: bands of what comes in and goes out.
        is_torgb: 1x1 without demodulation and without nonlinearity.
    """

    def __init__(
        self,
        tensors: Tensors,
        settings: StyleGAN3Settings,
        before: Band,
        after: Band,
        w_dim: int,
        in_channels: int,
        is_torgb: bool,
    ) -> None:
        super().__init__()
        self.is_torgb, self.clamp = is_torgb, settings.conv_clamp
        weight = tensors.read("weight", -1, in_channels, -1, -1)
        out_channels, _, k, k2 = weight.shape
        if k != k2:
            raise ValueError(f"a convolution kernel of {k} x {k2} px, wanted a square")
        self.k = k
        gain = tensors.read("magnitude_ema").rsqrt() if tensors.has("magnitude_ema") else torch.ones(())
        style_gain = 1 / math.sqrt(w_dim)
        if is_torgb:
            style_gain /= math.sqrt(in_channels * k * k)
        else:
            weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
        # What the nonlinearity multiplies by passes through it, and is folded into the stage before.
        self.folded = 1.0 if is_torgb else math.sqrt(2)
        style = tensors.under("affine")
        buffers = {
            "style_weight": style.read("weight", in_channels, w_dim) * style_gain,
            "style_bias": style.read("bias", in_channels) * (style_gain * math.sqrt(w_dim)),
            "power": weight.square().sum((2, 3)),
            "weight": weight.contiguous(memory_format=torch.channels_last),
            "bias": tensors.read("bias", out_channels) * self.folded,
            "gain": gain * self.folded,
        }
        for name, buffer in buffers.items():
            self.register_buffer(name, buffer)
        self.out_channels = out_channels
        over = max(before.rate, after.rate) * (1 if is_torgb else settings.lrelu_upsampling)
        self.resampler = Resampler.for_layer(
            tensors, out_channels, before.size + k - 1, after.size, over // before.rate, over // after.rate
        )
        self.modulates_weights = k * k * in_channels < 2 * before.size**2
        self.fixed_weights = False  # for compilers, which lay constant weights out beforehand

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Return [batch, O, after.size, after.size] of `x` [batch, I, before.size, before.size]."""
        get = self.get_buffer
        style = functional.linear(w, get("style_weight"), get("style_bias"))
        if self.is_torgb:
            scale = get("gain").expand(len(w), self.out_channels)
        else:
            style = style * style.square().mean(1, keepdim=True).rsqrt()
            scale = (functional.linear(style.square(), get("power")) + EPSILON).rsqrt() * get("gain")
        weight, bias = get("weight"), get("bias").to(x.dtype)
        if self.modulates_weights and not self.fixed_weights and len(x) == 1:
            weight = weight * torch.outer(scale[0], style[0]).to(x.dtype)[:, :, None, None]
            y = functional.conv2d(x, weight, bias, padding=self.k - 1)
        else:
            y = functional.conv2d(x * style.to(x.dtype)[:, :, None, None], weight, padding=self.k - 1)
            y = torch.addcmul(bias[None, :, None, None], y, scale.to(y.dtype)[:, :, None, None])
        out: Tensor = self.resampler(y, None if self.is_torgb else 0.2, self.clamp)
        return out


class SynthesisNetwork(nn.Module):
    """From w+ to a picture.

    Args:
        tensors: of the synthesis network, `input.*`, `L0_36_512.*`, ...

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(self, tensors: Tensors, settings: StyleGAN3Settings) -> None:
        super().__init__()
        names = read_layer_names(tensors)
        plan = plan_bands(settings, len(names) - 1)
        if plan[0].size > LARGEST_INPUT:
            raise ValueError(f"an input of {plan[0].size} px by the arguments, wanted {LARGEST_INPUT} at most")
        self.settings = settings
        self.w_dim = tensors.read("input.affine.weight", 4, -1).shape[1]
        self.num_ws = len(names) + 1
        self.resolution = settings.img_resolution
        self.input = FourierInput(tensors.under("input"), plan[0], self.w_dim)
        self.layers = nn.ModuleList()
        channels = self.input.channels
        for i, name in enumerate(names):
            before, is_torgb = plan[max(i - 1, 0)], i == len(names) - 1
            if name.split("_")[1] != str(plan[i].size):
                raise ValueError(f"the layer {name!r} should be {plan[i].size} px wide by the arguments")
            layer = StyleGAN3Layer(tensors.under(name), settings, before, plan[i], self.w_dim, channels, is_torgb)
            self.layers.append(layer)
            channels = layer.out_channels
        self.img_channels = channels
        self.layer_names = ("input", *names)
        self.dtype = torch.float32

    @property
    def precisions(self) -> tuple[str, ...]:
        """What `set_precision` takes."""
        return ("float32", "bfloat16", "float16")

    def set_precision(self, precision: str) -> None:
        """Compute in `precision` from now on."""
        self.set_dtype(getattr(torch, precision))

    def set_dtype(self, dtype: torch.dtype) -> None:
        """Compute in `dtype` from now on; the sine waves, styles and demodulation stay float32."""
        self.dtype = dtype
        for layer in self.layers:
            cast_buffers(layer, ("weight",), dtype)
            cast_buffers(layer.get_submodule("resampler"), ("spread", "gather"), dtype)

    def begin(self, ws: Tensor, transform: Tensor | None = None) -> State:
        """Return the state at the layer "input", the plane of sine waves; `transform` as `forward` takes it."""
        return (self.input(ws[:, 0], transform).to(self.dtype),)

    def step(self, index: int, state: State, ws: Tensor, noise: Noise = "const") -> State:
        """Return the state at the layer of that `index`: its features; there is no noise."""
        return (self.layers[index - 1](state[0], ws[:, index]),)

    def end(self, state: State, ws: Tensor) -> Tensor:
        """Return the pictures [batch, img_channels, R, R] of the state at the last layer."""
        x = state[0]
        assert x is not None
        return x.to(torch.float32) * self.settings.output_scale

    def forward(self, ws: Tensor, transform: Tensor | None = None) -> Tensor:
        """Return pictures [batch, img_channels, R, R], nominally in [-1, 1], of `ws` [batch, num_ws, w_dim].

        `transform` [3, 3] is done to the picture's plane before it is drawn; the stored one where None.
        """
        state = self.begin(ws, transform)
        for index in range(1, len(self.layer_names)):
            state = self.step(index, state, ws)
        return self.end(state, ws)


def read_layer_names(tensors: Tensors) -> Sequence[str]:
    """Return the layers' names in the order in which they are drawn.

    Raises:
        ValueError: where one is missing.
    """
    found = {}
    for name in tensors.children():
        number = name[1:].split("_")[0]
        if name[:1] == "L" and number.isdecimal():
            found[int(number)] = name
    if len(found) < 4 or sorted(found) != list(range(len(found))):
        raise ValueError(f"layers {sorted(found)}, wanted L0, L1, ... without a gap")
    return [found[i] for i in range(len(found))]


class StyleGAN3(nn.Module):
    """Mapping and synthesis of one snapshot.

    Args:
        tensors: a state dict under the official names, `mapping.*` and `synthesis.*`.

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(self, tensors: Mapping[str, Tensor], settings: StyleGAN3Settings) -> None:
        super().__init__()
        self.synthesis = SynthesisNetwork(Tensors(tensors, "synthesis."), settings)
        self.mapping = MappingNetwork(Tensors(tensors, "mapping."), self.synthesis.num_ws, settings.lr_multiplier)
        if self.mapping.w_dim != self.synthesis.w_dim:
            raise ValueError(f"the mapping makes w of {self.mapping.w_dim}, the synthesis takes {self.synthesis.w_dim}")
