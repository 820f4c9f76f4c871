"""Files that broke earlier versions, where they are at hand: each opens, or is called what it is."""

from pathlib import Path

import pytest

from likeness.errors import WeightsError
from likeness.generators.convert import inspect_weights
from likeness.host.host import Host

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "faults"
OPEN = ["projected-gan-D.pkl", "mps.pt", "mps-new.pt", "ros-ddp.pt", "autolume-zero-wavg.pkl"]
NAMED = {
    "ros-swagan.pt": "SWAGAN",
    "nonsquare.pkl": "not square",
    "html.pkl": "web page",
    "lfs-stub.pkl": "Git LFS pointer",
}


def find(name: str) -> Path:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"no file {name} in shared/faults beside the repository")
    return path


@pytest.mark.parametrize("name", OPEN)
def test_it_opens_with_a_mean_that_is_a_face(name: str) -> None:
    generator = Host().open_generator(find(name), "cpu")
    assert generator.info.family == "stylegan2"
    assert generator.mean.any()
    assert generator.synthesize(generator.sample([1])).isfinite().all()


@pytest.mark.parametrize("name", list(NAMED))
def test_it_is_called_what_it_is(name: str) -> None:
    with pytest.raises(WeightsError, match=NAMED[name]):
        inspect_weights(find(name))
