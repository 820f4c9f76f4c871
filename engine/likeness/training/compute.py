"""Device, number type and processes of a training run; Lightning Fabric joins the processes."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from likeness.errors import TrainingError
from likeness.generators.devices import choose_device, multiplies_bfloat16

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Module = TypeVar("Module", bound=nn.Module)
PRECISION_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Compute:
    """One process of a run; under torchrun one of several, with a device each.

    Gradients are averaged in `optimizer_step`, not by hooks on the networks: critics that are called several times a
    step, gradient penalties and accumulation then need no care.

    Args:
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "float32", "bfloat16" or "float16": the number type under `autocast`; weights and gradients
            stay float32.

    Raises:
        LikenessError: this machine has no such device.
    """

    def __init__(self, device: str = "auto", precision: str = "auto") -> None:
        kind = choose_device(device).type
        world, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        # A single process has no need of Fabric, and importing it takes as long as importing torch.
        self._fabric = _launch_fabric(kind, local, max(1, world // local)) if world > 1 else None
        self.device = torch.device(kind) if self._fabric is None else self._fabric.device
        self.rank, self.world = (0, 1) if self._fabric is None else (self._fabric.global_rank, world)
        self.precision = _choose_precision(precision, self.device)
        # Only half precision has so small a range that gradients vanish unless the loss is scaled up.
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "float16")

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that writes files and reports progress."""
        return self.rank == 0

    def place(self, module: Module) -> Module:
        """Return `module` on the device, channels-last."""
        # torch's types of `to` know no memory_format.
        return module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which networks compute in the chosen number type."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, PRECISION_TYPES[self.precision])

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of `loss`, scaled where half precision needs it."""
        self._scaler.scale(loss).backward()

    def optimizer_step(self, optimizer: Optimizer) -> None:
        """Average the gradients of `optimizer`'s parameters over all processes, take its step, clear them."""
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        self.average(gradients)
        self._scaler.step(optimizer)
        self._scaler.update()
        optimizer.zero_grad(set_to_none=True)

    def average(self, tensors: list[Tensor]) -> None:
        """Replace each of `tensors` by its mean over the processes, in place, with one message for all."""
        if self._fabric is None or not tensors:
            return
        flat = self._fabric.all_reduce(torch.cat([tensor.flatten() for tensor in tensors]), reduce_op="mean")
        assert isinstance(flat, Tensor)
        for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def broadcast(self, *numbers: float) -> tuple[float, ...]:
        """Return the main process's `numbers`, in every process."""
        if self._fabric is None:
            return numbers
        shared = torch.tensor(numbers, dtype=torch.float64 if self.device.type != "mps" else torch.float32)
        shared = shared.to(self.device)
        torch.distributed.broadcast(shared, 0)
        return tuple(shared.tolist())

    def barrier(self) -> None:
        """Wait until all processes are here."""
        if self._fabric is not None:
            self._fabric.barrier()

    def shutdown(self) -> None:
        """Wait until all processes are done, and leave the process group; nothing can be shared afterwards.

        A process that exits while another still writes its videos breaks their connection, and the other was seen to
        abort.
        """
        if self._fabric is not None:
            self._fabric.barrier()
            torch.distributed.destroy_process_group()

    def state(self) -> dict[str, float]:
        """Return the state that a checkpoint must hold: the loss scale."""
        return dict(self._scaler.state_dict())

    def load(self, state: dict[str, float]) -> None:
        """Restore what `state` returned."""
        if state and self._scaler.is_enabled():
            self._scaler.load_state_dict(state)


def seed_step(seed: int, step: int, rank: int) -> None:
    """Seed torch's generators for one step of one process, so that no generator's state need be saved."""
    # The golden ratio's 64-bit fraction spreads neighbours; torch takes 63 bits.
    mixed = (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + rank * 0x94D049BB133111EB) & (2**63 - 1)
    torch.manual_seed(mixed)


def _launch_fabric(kind: str, devices: int, machines: int) -> Fabric:
    """Join the other processes that torchrun has started."""
    from lightning_fabric import Fabric

    fabric = Fabric(accelerator=kind, devices=devices, num_nodes=machines, strategy="ddp")
    fabric.launch()
    return fabric


def _choose_precision(precision: str, device: torch.device) -> str:
    if precision not in ("auto", *PRECISION_TYPES):
        raise TrainingError(f"precision {precision!r} is none of auto, {', '.join(PRECISION_TYPES)}")
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    return "bfloat16" if device.type == "cpu" and multiplies_bfloat16() else "float32"
