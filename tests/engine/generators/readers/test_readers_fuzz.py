"""Readers survive mutated real files: no crash, no hang, no memory far beyond the file."""

import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save
from tests.reference import pickles
from tests.reference import stylegan2 as plain

from likeness.errors import WeightsError
from likeness.generators.families.checkpoint import read_source
from likeness.generators.readers.open_snapshot import open_snapshot

KINDS = ["official-2", "official-4", "tensorflow", "zip", "legacy", "safetensors"]
# Besides four times the file: what Python itself needs for the objects of a small one.
FLOOR = 8 << 20
SLOWEST_S = 1.0
HEADER = '{"format": 1, "family": "stylegan2", "arguments": {}, "licence": {"name": "x"}, "sha256": "0"}'


@cache
def real(kind: str) -> bytes:
    """A small but real file of that kind."""
    state = plain.random_state(plain.Shape(8, channel_max=4, w_dim=4, z_dim=4, c_dim=2))
    weight = state["synthesis.b8.conv0.weight"]
    makers: dict[str, Callable[[], bytes]] = {
        "official-2": lambda: pickles.official_pickle(state, {"z_dim": 4}, protocol=2),
        "official-4": lambda: pickles.official_pickle(state, {"z_dim": 4}, protocol=4),
        "tensorflow": lambda: pickles.tensorflow_pickle(
            {"dlatent_avg": state["mapping.w_avg"].numpy(), "synthesis/8x8/Conv0_up/weight": weight.numpy(),
             "synthesis/4x4/Conv/mod_weight": state["mapping.fc0.weight"].numpy()}, {"fmap_base": 3}
        ),
        "zip": lambda: pickles.saved({"g_ema": state}),
        "legacy": lambda: pickles.saved({"g_ema": state}, zipped=False),
        "safetensors": lambda: save({name: tensor.clone() for name, tensor in state.items()}, {"likeness": HEADER}),
    }  # fmt: skip
    return makers[kind]()


def survives(path: Path, data: bytes, measure_memory: bool) -> None:
    path.write_bytes(data)
    if measure_memory:
        tracemalloc.start()
    began = time.process_time()
    said = ""
    try:
        if path.suffix == ".safetensors":
            read_source(path, "stylegan2")
        else:
            found = open_snapshot(path)
            if found is not None:
                found.tensors()
    except WeightsError as error:
        said = str(error)
    finally:
        taken = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1] if measure_memory else 0
        if measure_memory:
            tracemalloc.stop()
    assert "\n" not in said
    # tracemalloc alone makes it several times slower.
    assert taken < SLOWEST_S * (5 if measure_memory else 1)
    assert peak < 4 * len(data) + FLOOR


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Flip, cut, repeat, swap and overwrite, mostly near the start, where the header is."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        if len(out) < 20:
            break
        at = rng.randrange(len(out)) if rng.random() < 0.5 else rng.randrange(min(len(out), 4000))
        kind = rng.randrange(6)
        if kind == 0:
            out[at] = rng.randrange(256)
        elif kind == 1:
            out[at : at + 8] = rng.choice([b"\xff" * 8, b"\0" * 8, b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80"])
        elif kind == 2:
            del out[at : at + rng.choice([1, 4, 100])]
        elif kind == 3:
            out[at:at] = out[max(0, at - rng.choice([2, 30, 500])) : at]
        elif kind == 4:
            out[at] = rng.choice(b"cR\x93\x81\x92boiQP}]\x8f(tu2\x94h.\x8a\x8bB\x8e\x96X\x8d")
        elif len(out) > 20:
            del out[rng.randrange(16, len(out)) :]
    return bytes(out)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32))
def test_a_mutated_file_opens_or_is_refused_in_one_line(
    kind: str, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = folder / ("fuzz.safetensors" if kind == "safetensors" else "fuzz.pkl")
    survives(path, mutated(real(kind), random.Random(seed)), measure_memory=seed % 10 == 0)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(body=st.binary(max_size=400), start=st.sampled_from([b"\x80\x02", b"\x80\x04", b"PK\x03\x04", b"\x80\x04\x95"]))
def test_any_bytes_behind_a_known_start_open_or_are_refused(
    body: bytes, start: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    survives(tmp_path_factory.getbasetemp() / "bytes.pkl", start + body, measure_memory=False)


SMALL_NUMBERS = b"".join(b"M" + struct.pack("<H", i) for i in range(12_000))
MANY = {
    "inert objects": b"cfoo\nbar\nq\x00(" + b"h\x00)R" * 1_000_000 + b"l.",
    "inert objects with a state": b"cfoo\nbar\nq\x00(" + b"h\x00)R}b" * 500_000 + b"l.",
    "broken objects": b"cnumpy\ndtype\nq\x00(" + b"h\x00)R" * 500_000 + b"l.",
    "calls of a call": b"cfoo\nbar\n)R" + b")R" * 1_000_000 + b".",
    "sets of one list": b"](" + SMALL_NUMBERS + b"eq\x00cbuiltins\nset\nq\x01(" + b"h\x01h\x00\x85R" * 10_000 + b"l.",
    "bytes of one text": (
        b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20) + b"q\x00c_codecs\nencode\nq\x01("
        + b"h\x01h\x00\x85R" * 20_000 + b"l."
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(MANY))
def test_a_file_of_nothing_but_objects_takes_no_more_than_a_real_one(kind: str, tmp_path: Path) -> None:
    survives(tmp_path / "many.pkl", b"\x80\x02" + MANY[kind], measure_memory=True)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_mutated_files_open_or_are_refused(tmp_path: Path) -> None:
    for seed in range(10_000):
        kind = KINDS[seed % len(KINDS)]
        path = tmp_path / ("fuzz.safetensors" if kind == "safetensors" else "fuzz.pkl")
        try:
            survives(path, mutated(real(kind), random.Random(seed)), measure_memory=seed % 20 == 0)
        except BaseException as error:
            raise AssertionError(f"seed {seed} of {kind}: {error!r}") from error
