"""Rows of whole numbers kept in bytes, and their weighted sums: what a composite's bands and exemplars are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

# Numbers of a row that lie together. All rows' first run comes first, then their second: a sum reads memory in order.
RUN = 256
# What torch's sum of bytes wants behind each run: a scale and what is added, in float32 each.
ROW_NUMBERS = 8
# Bytes have no sign there.
ZERO = 128


class ByteRows(nn.Module):
    """Tables of int8 rows, each row with a scale; on a processor never unpacked, but read as they are and summed.

    One call of torch sums rows of several tables, in float32, in a tenth of the time in which whole numbers are turned
    into floats and multiplied.

    Args:
        tables: each one's rows `[rows, ...]` int8, and their scales `[rows]`.

    Attributes:
        counts: how many rows each table has.
        runs: how many runs each of its rows has; the last may end in zeros.
    """

    table: Tensor

    def __init__(self, tables: Sequence[tuple[Tensor, Tensor]]) -> None:
        super().__init__()
        packed = [_lay_out(rows.flatten(1), scale.float()) for rows, scale in tables]
        self.counts = tuple(rows.shape[1] for rows in packed)
        self.runs = tuple(rows.shape[0] for rows in packed)
        self.register_buffer("table", torch.cat([rows.flatten(0, 1) for rows in packed]))

    def first_rows(self, table: int) -> Tensor:
        """Return where each run of a table's first row lies, `[runs]` int32; its other rows follow one by one."""
        begin = sum(count * runs for count, runs in zip(self.counts[:table], self.runs[:table], strict=True))
        return begin + self.counts[table] * torch.arange(self.runs[table], dtype=torch.int32)

    def unpack(self, table: int) -> Tensor:
        """Return a table's rows as they were, with zeros up to whole runs: `[rows, runs * RUN]` float32."""
        first = int(self.first_rows(table)[0])
        count, runs = self.counts[table], self.runs[table]
        numbers = _unpack(self.table[first : first + count * runs])
        return numbers.reshape(runs, count, RUN).transpose(0, 1).flatten(1)

    def sum(self, index: Tensor, weight: Tensor) -> Tensor:
        """Sum rows, differentiably in their weights.

        Args:
            index: which, `[..., n]` int32, by `first_rows`.
            weight: how much of each, `[..., n]`, float32.

        Returns:
            One run for each sum, `[..., RUN]` float32.
        """
        if _sums_bytes(weight):
            # The way by a function of ours costs calls, which are spared where no gradient is asked for.
            sums: Tensor = (_sum_bytes if is_quick(weight) else _ByteSum.apply)(self.table, index, weight)
            return sums
        rows = _unpack(self.table[index])
        return torch.matmul(weight[..., None, :], rows)[..., 0, :]


class _ByteSum(torch.autograd.Function):
    """Sums of bytes with the gradient of their weights: products of rows that are never written as whole numbers."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, index: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(table, index)
        return _sum_bytes(table, index, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, None, Tensor]:
        table, index = ctx.saved_tensors
        runs = table.index_select(0, index.flatten()).view(*index.shape, -1)
        products = torch.matmul(runs[..., :RUN].float(), gradient[..., None])[..., 0]
        return None, None, (products - ZERO * gradient.sum(-1, keepdim=True)) * _read_scales(runs)[..., 0]


def is_quick(weight: Tensor) -> bool:
    """Return whether bytes are summed as they are by these weights: on a processor, where no gradient is asked for."""
    return _sums_bytes(weight) and not (torch.is_grad_enabled() and weight.requires_grad)


def _sums_bytes(weight: Tensor) -> bool:
    has_call = hasattr(torch.ops.quantized, "embedding_bag_byte_rowwise_offsets")
    return has_call and weight.is_cpu and weight.dtype == torch.float32


def _sum_bytes(table: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Sum rows of bytes as they are, `[..., RUN]`."""
    ends = _find_ends(index.numel(), index.shape[-1])
    # No gradient of what is sorted, the mode of a sum, nothing left out, ends behind the last sum too.
    sums: Tensor = torch.ops.quantized.embedding_bag_byte_rowwise_offsets(
        table, index.flatten(), ends, False, 0, False, weight.flatten(), None, True
    )
    return sums.view(*index.shape[:-1], RUN)


@lru_cache(maxsize=16)
def _find_ends(count: int, each: int) -> Tensor:
    """Return where sums of `each` of `count` rows begin and end."""
    return torch.arange(0, count + 1, each, dtype=torch.int32)


def _lay_out(rows: Tensor, scale: Tensor) -> Tensor:
    """Return int8 rows `[rows, numbers]` as runs `[runs, rows, RUN + ROW_NUMBERS]` uint8."""
    runs = functional.pad(rows, (0, -rows.shape[1] % RUN)).reshape(len(rows), -1, RUN).transpose(0, 1)
    told = torch.stack([scale, -ZERO * scale], dim=1).view(torch.uint8).expand(len(runs), -1, -1)
    return torch.cat([(runs.short() + ZERO).to(torch.uint8), told], dim=2)


def _unpack(runs: Tensor) -> Tensor:
    """Return the numbers `[..., RUN]` of runs in bytes."""
    return (runs[..., :RUN].float() - ZERO) * _read_scales(runs)


def _read_scales(runs: Tensor) -> Tensor:
    """Return the scale of each run in bytes, `[..., 1]`."""
    return runs[..., RUN : RUN + ROW_NUMBERS // 2].contiguous().view(torch.float32)
