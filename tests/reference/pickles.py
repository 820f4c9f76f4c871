"""Snapshots in the layouts of the official codes, made without any of those: stub modules lend their names."""

import io
import pickle
import re
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

BUFFERS = {"resample_filter", "noise_const", "w_avg", "magnitude_ema", "up_filter", "down_filter", "freqs", "phases",
           "transform"}  # fmt: skip
# What stands where the official files carry their source code: if it ever runs, the test sees it.
SOURCE = "import pathlib; pathlib.Path({sentinel!r}).write_text('ran')\n" + "# padding\n" * 500


class Module:
    """An instance of an official class, pickled as `torch_utils.persistence` does."""

    def __init__(self, class_name: str, state: dict[str, Any], source: str, version: int = 6) -> None:
        self.meta = {"type": "class", "version": version, "module_src": source, "class_name": class_name}
        self.state = state

    def __reduce__(self) -> Any:
        function = sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj
        return function, ({**self.meta, "state": self.state},)


@contextmanager
def official_names() -> Iterator[types.SimpleNamespace]:
    """Lend the modules of the official codes their names while something is pickled."""

    def _reconstruct_persistent_obj(meta: Any) -> None:
        raise AssertionError("this must never be called")

    class EasyDict(dict):
        pass

    class Network:
        def __init__(self, state: Any = None) -> None:
            self._state = state

        def __getstate__(self) -> Any:
            return self._state

        def __setstate__(self, state: Any) -> None:
            raise AssertionError("this must never be called")

    made: dict[str, dict[str, Any]] = {
        "torch_utils": {},
        "torch_utils.persistence": {"_reconstruct_persistent_obj": _reconstruct_persistent_obj},
        "dnnlib": {},
        "dnnlib.util": {"EasyDict": EasyDict},
        "dnnlib.tflib": {},
        "dnnlib.tflib.network": {"Network": Network},
    }
    before = {name: sys.modules.get(name) for name in made}
    for name, members in made.items():
        sys.modules[name] = types.ModuleType(name)
        for member, value in members.items():
            value.__module__, value.__qualname__ = name, member
            setattr(sys.modules[name], member, value)
    try:
        yield types.SimpleNamespace(EasyDict=EasyDict, Network=Network)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def class_of(path: str) -> str:
    """Return the official class of the module at `path`."""
    last = path.split(".")[-1]
    rules = [
        (r"", "Generator"),
        (r"mapping", "MappingNetwork"),
        (r"synthesis", "SynthesisNetwork"),
        (r"b\d+", "SynthesisBlock"),
        (r"conv\d|L\d+_\d+_\d+", "SynthesisLayer"),
        (r"torgb", "ToRGBLayer"),
        (r"skip", "Conv2dLayer"),
        (r"input", "SynthesisInput"),
        (r"affine|embed|fc\d+", "FullyConnectedLayer"),
    ]
    return next(name for pattern, name in rules if re.fullmatch(pattern, last))


def module_tree(state: Mapping[str, Tensor], source: str, attributes: dict[str, dict[str, Any]]) -> Module:
    """Return a Generator whose modules hold `state`; `attributes` are added to the module at a path."""

    def build(path: str) -> Module:
        prefix = f"{path}." if path else ""
        inside = {name[len(prefix) :]: t for name, t in state.items() if name.startswith(prefix)}
        own = {name: t for name, t in inside.items() if "." not in name}
        children = sorted({name.split(".")[0] for name in inside if "." in name})
        members = {
            "training": False,
            "_parameters": {n: torch.nn.Parameter(t, False) for n, t in own.items() if n not in BUFFERS},
            "_buffers": {**{n: t for n, t in own.items() if n in BUFFERS}, "nothing": None},
            "_non_persistent_buffers_set": set(),
            "_backward_hooks": OrderedDict(),
            "_forward_hooks": OrderedDict(),
            "_modules": OrderedDict((name, build(prefix + name)) for name in children),
            "size": np.broadcast_to(np.asarray(4), [2]).copy(),
            "rate": np.float64(16.0),
            "_init_args": (),
            "_init_kwargs": {},
            **attributes.get(path, {}),
        }
        return Module(class_of(path), members, source)

    return build("")


def official_pickle(
    state: Mapping[str, Tensor],
    kwargs: dict[str, Any],
    protocol: int = 4,
    sentinel: str = "/nonexistent/ran",
    attributes: dict[str, dict[str, Any]] | None = None,
    extra: dict[str, Any] | None = None,
) -> bytes:
    """Return a snapshot pickle with G, D and G_ema as the official training loop writes it."""
    source = SOURCE.format(sentinel=sentinel)
    with official_names() as names:

        def easy(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            made = names.EasyDict()
            made.update({k: easy(v) for k, v in value.items()})
            return made

        merged = {**(attributes or {})}
        merged[""] = {"_init_args": (), "_init_kwargs": easy(kwargs), **merged.get("", {})}
        content = {
            "training_set_kwargs": easy({"class_name": "training.dataset.ImageFolderDataset", "path": "faces.zip"}),
            "G": module_tree(state, source, merged),
            "D": module_tree({"mapping.w_avg": torch.zeros(3)}, source, {}),
            "G_ema": module_tree(state, source, merged),
            "augment_pipe": None,
            **(extra or {}),
        }
        return pickle.dumps(content, protocol=protocol)


def tensorflow_pickle(
    variables: Mapping[str, Any], kwargs: dict[str, Any], protocol: int = 3, components: bool = True
) -> bytes:
    """Return a pickle of (G, D, Gs) as the TensorFlow codes write it."""
    with official_names() as names:

        def network(prefix: str, parts: dict[str, Any], excluded: tuple[str, ...]) -> Any:
            own = [(n[len(prefix) :], v) for n, v in variables.items()
                   if n.startswith(prefix) and not n.startswith(excluded or ("\0",))]  # fmt: skip
            return names.Network({
                "version": 4, "name": prefix.strip("/") or "Gs", "static_kwargs": names.EasyDict(kwargs),
                "components": parts, "build_module_src": SOURCE, "build_func_name": "G_main", "variables": own,
            })  # fmt: skip

        parts = {name: network(f"{name}/", {}, ()) for name in ("mapping", "synthesis")} if components else {}
        top = network("", parts, ("mapping/", "synthesis/") if components else ())
        return pickle.dumps((network("nothing/", {}, ()), network("nothing/", {}, ()), top), protocol=protocol)


def saved(content: Any, zipped: bool = True) -> bytes:
    """Return what torch.save writes, as a zip or in its older form."""
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()
