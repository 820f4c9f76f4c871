"""A process searches while this one goes on; what it finds is polled."""

import functools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.generator import Generator
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.projection.worker import ProjectionWorker, SearchRequest

# Ours and a crowded machine's: importing torch anew takes seconds.
PATIENCE_S = 100.0


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    decoder = Decoder(6, [8, 6, 4], norm=False, slope=0.2, output="tanh").eval()
    path = tmp_path_factory.mktemp("search") / "tiny.safetensors"
    arguments = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
    write_weights(path, WeightsHeader("dcgan", arguments), decoder.state_dict())
    return path


@pytest.fixture(scope="module")
def worker(weights: Path) -> Iterator[ProjectionWorker]:
    found = ProjectionWorker(functools.partial(open_generator, weights))
    yield found
    found.close()


@pytest.fixture
def wanted(weights: Path) -> SearchRequest:
    generator = open_generator(weights)
    drawn = generator.synthesize(generator.sample([2]))[0]
    picture = ((drawn + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()
    return SearchRequest(np.ascontiguousarray(picture), "mean", 6)


def test_steps_come_in_order_and_each_once(worker: ProjectionWorker, wanted: SearchRequest) -> None:
    worker.start_search(wanted)
    assert worker.wait_for_step(wanted.steps, PATIENCE_S)
    steps = worker.poll_steps()
    assert [step.number for step in steps] == list(range(7))
    assert worker.poll_steps() == []
    assert steps[-1].loss < steps[0].loss
    assert steps[-1].latent.shape == (1, 1, 6)


def test_a_new_request_takes_the_place_of_the_old_one(worker: ProjectionWorker, wanted: SearchRequest) -> None:
    worker.start_search(SearchRequest(wanted.picture, "mean", 100_000))
    assert worker.wait_for_step(2, PATIENCE_S)
    begin = np.full((1, 6), 0.5, np.float32)
    worker.start_search(SearchRequest(wanted.picture, begin, 3))
    assert worker.wait_for_step(3, PATIENCE_S)
    steps = worker.poll_steps()
    assert [step.number for step in steps] == [0, 1, 2, 3]
    assert np.allclose(steps[0].latent[0].numpy(), begin, atol=1e-5)


def test_what_is_cancelled_is_forgotten_and_the_process_stays(worker: ProjectionWorker, wanted: SearchRequest) -> None:
    worker.start_search(SearchRequest(wanted.picture, "mean", 100_000))
    assert worker.wait_for_step(2, PATIENCE_S)
    worker.cancel()
    assert worker.poll_steps() == []
    assert worker.ended
    worker.start_search(wanted)
    assert worker.wait_for_step(wanted.steps, PATIENCE_S)


def test_a_guess_that_cannot_be_had_is_told(worker: ProjectionWorker, wanted: SearchRequest) -> None:
    worker.start_search(SearchRequest(wanted.picture, "encoder", 3))
    assert worker.wait_for_step(0, PATIENCE_S)
    assert worker.ended
    assert "no encoder" in str(worker.error)


def test_a_process_that_dies_is_told(worker: ProjectionWorker, wanted: SearchRequest) -> None:
    worker.start_search(SearchRequest(wanted.picture, "mean", 100_000))
    assert worker.wait_for_step(1, PATIENCE_S)
    assert worker._process is not None
    assert worker._process.pid != os.getpid()
    os.kill(worker._process.pid, signal.SIGKILL)
    assert worker.wait_for_step(100_000, PATIENCE_S)
    assert "died" in str(worker.error)


def broken() -> Generator:
    raise OSError("the disk is gone")


def test_weights_that_do_not_open_are_told(wanted: SearchRequest) -> None:
    worker = ProjectionWorker(broken)
    worker.start_search(wanted)
    assert worker.wait_for_step(0, PATIENCE_S)
    assert "the disk is gone" in str(worker.error)
    worker.close()
    worker.close()


def test_methods_are_found_under_their_names_of_the_version_before() -> None:
    worker = ProjectionWorker(broken)
    with pytest.warns(FutureWarning, match="begin is start_search now"):
        assert worker.begin == worker.start_search  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="begun"):
        _ = worker.begun  # type: ignore[attr-defined]
