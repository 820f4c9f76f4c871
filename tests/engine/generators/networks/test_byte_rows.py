"""Sums of rows kept in bytes are those of the numbers themselves, with a gradient and without."""

import pytest
import torch
from torch import Tensor

from likeness.generators.networks import byte_rows
from likeness.generators.networks.byte_rows import RUN, ByteRows


def tables() -> list[tuple[Tensor, Tensor]]:
    """Return a table of whole runs and one whose last run is not full."""
    noise = torch.Generator().manual_seed(0)
    return [
        (torch.randint(-127, 128, shape, generator=noise, dtype=torch.int8), torch.rand(len_, generator=noise) + 0.01)
        for shape, len_ in (((5, 2, RUN), 5), ((4, 3, 100), 4))
    ]


def real(table: tuple[Tensor, Tensor]) -> Tensor:
    """Return a table's numbers, by a plain product."""
    return table[0].flatten(1).double() * table[1].double()[:, None]


def test_what_is_packed_comes_out_as_it_was() -> None:
    rows = ByteRows(tables())
    assert (rows.counts, rows.runs) == ((5, 4), (2, 2))
    for number, table in enumerate(tables()):
        wanted = real(table)
        found = rows.unpack(number).double()
        assert torch.allclose(found[:, : wanted.shape[1]], wanted, rtol=1e-6)
        assert not found[:, wanted.shape[1] :].any()


@pytest.mark.parametrize("torch_sums_bytes", [True, False])
def test_sums_are_those_of_the_numbers_with_and_without_torch_s_own(
    monkeypatch: pytest.MonkeyPatch, torch_sums_bytes: bool
) -> None:
    if not torch_sums_bytes:
        monkeypatch.setattr(byte_rows, "_sums_bytes", lambda weight: False)
    rows, noise = ByteRows(tables()), torch.Generator().manual_seed(1)
    for number, table in enumerate(tables()):
        chosen = torch.randint(0, rows.counts[number], (3, 6), generator=noise, dtype=torch.int32)
        weight = torch.randn(3, 6, generator=noise)
        index = rows.first_rows(number)[:, None] + chosen[:, None]
        sums = rows.sum(index, weight[:, None].expand(-1, rows.runs[number], -1)).flatten(1)
        wanted = torch.einsum("bk,bkn->bn", weight.double(), real(table)[chosen])
        assert torch.allclose(sums[:, : wanted.shape[1]].double(), wanted, atol=2e-4)


@pytest.mark.parametrize("torch_sums_bytes", [True, False])
def test_a_sum_has_the_gradient_of_its_weights(monkeypatch: pytest.MonkeyPatch, torch_sums_bytes: bool) -> None:
    if not torch_sums_bytes:
        monkeypatch.setattr(byte_rows, "_sums_bytes", lambda weight: False)
    rows, noise = ByteRows(tables()), torch.Generator().manual_seed(2)
    weight = torch.tensor([[[0.5, -1.0], [2.0, 0.1]]], requires_grad=True)
    index = rows.first_rows(0)[:, None] + torch.tensor([[0, 3], [4, 0]], dtype=torch.int32)
    slope = torch.randn(1, 2, RUN, generator=noise)
    rows.sum(index[None], weight).backward(slope)
    runs = real(tables()[0]).reshape(5, 2, RUN)
    wanted = torch.stack([runs[[0, 3], 0] @ slope[0, 0].double(), runs[[4, 0], 1] @ slope[0, 1].double()])
    assert weight.grad is not None
    assert torch.allclose(weight.grad[0].double(), wanted, rtol=1e-4, atol=1e-3)
