"""Official PyTorch snapshots of StyleGAN2-ADA and StyleGAN3: pickles that carry source code, which is never run."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from likeness.generators.readers.inert import InertObject, SnapshotError
from likeness.generators.readers.snapshot import Snapshot
from likeness.generators.readers.storages import StoredTensor

log = logging.getLogger(__name__)

KNOWN_CLASSES = {
    "Generator",
    "MappingNetwork",
    "SynthesisNetwork",
    "SynthesisBlock",
    "SynthesisLayer",
    "SynthesisInput",
    "ToRGBLayer",
    "FullyConnectedLayer",
    "Conv2dLayer",
}
# Generator > SynthesisNetwork > SynthesisBlock > SynthesisLayer > FullyConnectedLayer.
DEEPEST = 6
DEEPEST_OF_OTHERS = 32
MOST_MODULES = 2_000
# The order of the official constructors' own arguments, for snapshots that were made with positions.
POSITIONS = ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels", "mapping_kwargs", "synthesis_kwargs")
PLAN_3 = (
    "num_critical", "first_cutoff", "first_stopband", "last_stopband_rel", "margin_size", "output_scale",
    "conv_clamp", "lrelu_upsampling",
)  # fmt: skip


def read_official(content: Any) -> Snapshot | None:
    """Return the averaged generator of a snapshot, or None where `content` is not the dict that one holds.

    Raises:
        SnapshotError: where it is a snapshot of other code, or broken.
    """
    network = _find_generator(content)
    if network is None:
        return None
    if network.symbol.name != "Generator":
        raise SnapshotError(f"is a snapshot of a {network.symbol.name[:80]!r}; StyleGAN2 and StyleGAN3 are read")
    modules = dict(_list_modules(network, "", [MOST_MODULES]))
    stored = {name: t for prefix, module in modules.items() for name, t in _list_tensors(prefix, module)}
    kwargs = _merge_arguments(_get_state(network))
    if "synthesis.input" in modules:
        return Snapshot("stylegan3", "StyleGAN3 (official, PyTorch)", _stylegan3_arguments(kwargs, modules), stored)
    if any(name.startswith("synthesis.b4.") for name in modules):
        return Snapshot("stylegan2", "StyleGAN2 (official, PyTorch)", _stylegan2_arguments(kwargs, modules), stored)
    raise SnapshotError("is a snapshot of a generator that is neither StyleGAN2 nor StyleGAN3")


def _find_generator(content: Any) -> InertObject | None:
    """Return the averaged generator; else the one that was trained, or a generator alone, with a line in the log."""
    if isinstance(content, InertObject):
        return content if _is_official(content) else None
    if not isinstance(content, dict):
        return None
    for name in ("G_ema", "G"):
        network = content.get(name)
        if isinstance(network, InertObject) and _is_official(network):
            if name == "G":
                log.warning("there is no averaged generator (G_ema) inside; G is played, whose pictures are rougher")
            return network
        if isinstance(network, InertObject) and network.problem:
            raise SnapshotError(network.problem)
    return None


def _is_official(network: InertObject) -> bool:
    """Return whether a network was saved with its source, as the official code does, or has its parts at least."""
    if not isinstance(network.state, dict):
        return False
    modules = network.state.get("_modules")
    return not network.symbol.module or (isinstance(modules, dict) and "synthesis" in modules)


def _get_state(module: InertObject) -> Mapping[str, Any]:
    if not isinstance(module.state, dict):
        raise SnapshotError("has a network without a state")
    return module.state


def _get_members(module: InertObject, name: str) -> Mapping[Any, Any]:
    part = _get_state(module).get(name, {})
    if not isinstance(part, dict):
        raise SnapshotError(f"has a network whose {name} is a {type(part).__name__}")
    return part


def _list_modules(
    module: InertObject, prefix: str, left: list[int], depth: int = DEEPEST, any_class: bool = False
) -> Iterator[tuple[str, InertObject]]:
    """Yield every module by its prefix; a file can hold a module inside itself, so depth and number are limited."""
    left[0] -= 1
    if depth < 0 or left[0] < 0:
        raise SnapshotError("has more networks inside each other than a generator has")
    if module.problem:
        raise SnapshotError(module.problem)
    if not any_class and module.symbol.name not in KNOWN_CLASSES:
        raise SnapshotError(f"has a {module.symbol.name[:80]!r} inside, which StyleGAN2 and StyleGAN3 do not have")
    yield prefix, module
    for name, child in _get_members(module, "_modules").items():
        if child is None:
            continue
        if not isinstance(child, InertObject) or not isinstance(name, str):
            raise SnapshotError(f"has a {type(child).__name__} where a network belongs")
        yield from _list_modules(child, f"{prefix}.{name}" if prefix else name, left, depth - 1, any_class)


def flatten_network(network: InertObject) -> dict[str, StoredTensor]:
    """Return the state dict of a whole network of any classes.

    Raises:
        SnapshotError: where it is broken.
    """
    modules = _list_modules(network, "", [MOST_MODULES], DEEPEST_OF_OTHERS, any_class=True)
    return {name: tensor for prefix, module in modules for name, tensor in _list_tensors(prefix, module)}


def _list_tensors(prefix: str, module: InertObject) -> Iterator[tuple[str, StoredTensor]]:
    for part in ("_parameters", "_buffers"):
        for name, tensor in _get_members(module, part).items():
            if tensor is None:
                continue
            if isinstance(tensor, InertObject) and tensor.problem:
                raise SnapshotError(tensor.problem)
            if not isinstance(tensor, StoredTensor):
                raise SnapshotError(f"has a {type(tensor).__name__} where the tensor {str(name)[:80]!r} belongs")
            yield f"{prefix}.{name}" if prefix else str(name), tensor


def _merge_arguments(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constructor's arguments by name, with the synthesis network's own on top."""
    positions, kwargs = state.get("_init_args", ()), state.get("_init_kwargs", {})
    if not isinstance(kwargs, dict) or not isinstance(positions, tuple | list):
        raise SnapshotError("has a generator with broken arguments")
    named = {**dict(zip(POSITIONS, positions, strict=False)), **kwargs}
    nested = named.pop("synthesis_kwargs", None)
    # Nested in the code of StyleGAN2-ADA, flat in that of StyleGAN3, where the clamp's default differs too.
    named["nested"] = nested is not None or not any(name in named for name in ("channel_base", "channel_max"))
    return {**named, **(nested if isinstance(nested, dict) else {})}


def _mapping_arguments(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    mapping = kwargs.get("mapping_kwargs") or {}
    if not isinstance(mapping, dict):
        raise SnapshotError("has a generator with broken arguments of its mapping network")
    return mapping


def _stylegan2_arguments(kwargs: Mapping[str, Any], modules: Mapping[str, InertObject]) -> dict[str, Any]:
    mapping = _mapping_arguments(kwargs)
    found = {
        "lr_multiplier": mapping.get("lr_multiplier", 0.01),
        "mapping_activation": mapping.get("activation", "lrelu"),
        "activation": "lrelu",
        "conv_clamp": None if kwargs["nested"] else 256,
    }
    # The layers remember what they were made with, defaults of their version included.
    layer = modules.get("synthesis.b4.conv1")
    for source in (_get_state(layer) if layer else {}, kwargs):
        found.update({name: source[name] for name in ("activation", "conv_clamp") if name in source})
    return found


def _stylegan3_arguments(kwargs: Mapping[str, Any], modules: Mapping[str, InertObject]) -> dict[str, Any]:
    synthesis = modules["synthesis"]
    first = next((module for name, module in modules.items() if name.startswith("synthesis.L0_")), synthesis)
    found: dict[str, Any] = {"lr_multiplier": _mapping_arguments(kwargs).get("lr_multiplier", 0.01)}
    for source in (_get_state(first), _get_state(synthesis), kwargs):
        found.update({name: source[name] for name in (*PLAN_3, "img_resolution") if name in source})
    if "img_resolution" not in found:
        raise SnapshotError("has a generator that does not say its resolution")
    return found
