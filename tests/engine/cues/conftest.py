"""What the memory's tests share: shows of the toy generator with a past and cues."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.cues.cues_rig import Rig


@pytest.fixture
def make(toy: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Rig]]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    rigs: list[Rig] = []

    def rig(**plugins: object) -> Rig:
        rigs.append(Rig(toy, **plugins))
        return rigs[-1]

    yield rig
    for each in rigs:
        each.close()


@pytest.fixture
def rig(make: Callable[..., Rig]) -> Rig:
    return make()
