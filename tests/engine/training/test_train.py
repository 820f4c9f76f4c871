"""The training loop: resuming bit by bit, ending in time, sharing work, and keeping the last good checkpoint."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from tests.conftest import ROOT
from tests.engine.drawn_faces import write_faces
from tests.engine.training import toy

from likeness.errors import TrainingError
from likeness.training.run import RunFolder
from likeness.training.train import TrainingCallbacks, TrainingReport, train

STEPS = 100
COMMAND = ["--steps", str(STEPS), "--size", "16", "--batch", "4", "--knobs", "6", "--width", "4", "--device", "cpu"]
RARELY = ["--checkpoint-every", "0.001s", "--preview-every", "1h"]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def begin(folder: Path, source: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "likeness.cli", "train", "wgan", str(source), "-o", str(folder), *COMMAND]
    return subprocess.Popen([*command, *options], cwd=ROOT, env=ONE_THREAD, stderr=subprocess.PIPE)


def losses(folder: Path) -> list[dict[str, object]]:
    return [entry for entry in RunFolder.open(folder).read_log() if "losses" in entry]


@pytest.mark.timeout(300)  # it starts a process that imports torch, which a busy machine gives little time
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_that_was_killed_goes_on_bit_by_bit_as_if_it_had_not_been(tmp_path: Path) -> None:
    write_faces(tmp_path / "faces", 14, 16)
    killed = begin(tmp_path / "killed", tmp_path / "faces", *RARELY)
    deadline = time.monotonic() + 240
    while len(list((tmp_path / "killed" / "checkpoints").glob("*.pt"))) < 1:
        assert time.monotonic() < deadline
        assert killed.poll() is None, killed.communicate()[1].decode()
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        there = RunFolder.open(tmp_path / "killed")
        assert 0 < there.position()[0] < STEPS
        train(there, "cpu")
        whole = RunFolder.begin(tmp_path / "whole", there.with_settings().settings)
        train(whole, "cpu")
    finally:
        torch.set_num_threads(threads)
    assert there.position()[0] == whole.position()[0] == STEPS
    assert losses(there.path) == losses(whole.path)
    assert len(losses(whole.path)) == STEPS // 20
    ends = [torch.load(run.checkpoints()[-1], weights_only=True) for run in (there, whole)]
    for kind in ("networks", "optimizers"):
        flat = [torch.utils._pytree.tree_leaves(end[kind]) for end in ends]
        assert len(flat[0]) > 20
        assert all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in zip(*flat, strict=True))
    assert (there.path / "weights.safetensors").read_bytes() == (whole.path / "weights.safetensors").read_bytes()


def test_a_loss_that_is_no_number_ends_the_run_and_the_last_good_checkpoint_stays(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    toy.run(tmp_path / "run", tmp_path / "levels", steps=20)
    run = RunFolder.open(tmp_path / "run")
    line = r"the loss 'miss' became nan at step 31.*000000020\.pt; go on with: likeness train resume .*run --learning"
    with pytest.raises(TrainingError, match=line) as told:
        train(run.with_settings(steps=60, own={"sick_at": 31}), "cpu")
    assert "\n" not in str(told.value)
    assert run.position()[0] == 20
    assert train(run.with_settings(steps=60, learning_rate=0.01, own={}), "cpu").step == 60


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes, which stands in for a full disk")
def test_a_full_disk_is_one_clear_line_and_the_last_good_checkpoint_stays(tmp_path: Path) -> None:
    import resource

    toy.write_levels(tmp_path / "levels", 12)
    toy.run(tmp_path / "run", tmp_path / "levels", steps=10)
    before = RunFolder.open(tmp_path / "run").checkpoints()[-1].read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(TrainingError, match=r"could not be written: the disk is full.*000000010\.pt") as told:
            train(RunFolder.open(tmp_path / "run").with_settings(steps=20), "cpu")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(told.value)
    run = RunFolder.open(tmp_path / "run")
    assert [path.read_bytes() for path in run.checkpoints()] == [before]
    assert not list(run.path.rglob("*.part"))
    assert train(run, "cpu").step == 20


def test_a_stopped_run_writes_where_it_stands_and_goes_on_from_there(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    stop = threading.Event()
    reports: list[TrainingReport] = []

    def stop_at_once(report: TrainingReport) -> None:
        reports.append(report)
        stop.set()

    stopped = toy.run(tmp_path / "run", tmp_path / "levels", TrainingCallbacks(stop_at_once, stop=stop), time_s=1000.0)
    assert not stopped.complete
    assert reports[0].step == stopped.step == RunFolder.open(tmp_path / "run").position()[0]
    assert stopped.images == 8 * stopped.step
    assert reports[0].losses["miss"] >= 0
    assert train(RunFolder.open(tmp_path / "run").with_settings(steps=stopped.step + 5, time_s=None), "cpu").complete


def test_a_run_that_is_complete_says_how_to_go_on(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    toy.run(tmp_path / "run", tmp_path / "levels", steps=5)
    with pytest.raises(TrainingError, match="is complete after 5 steps; give --time or --steps"):
        toy.run(tmp_path / "run", tmp_path / "levels", steps=5)


def test_a_run_that_was_killed_while_it_wrote_its_end_writes_it_again(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    toy.run(tmp_path / "run", tmp_path / "levels", steps=5)
    run = RunFolder.open(tmp_path / "run")
    run.write("log.jsonl", b"")
    (run.path / "grids" / "000000005.png").unlink()
    assert train(run, "cpu").step == 5
    assert (run.path / "grids" / "000000005.png").is_file()


def test_a_time_ends_a_run_with_all_that_comes_after_its_last_step(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    ended = toy.run(tmp_path / "run", tmp_path / "levels", time_s=4.0)
    assert ended.complete
    assert 1.0 < ended.spent_s < 4.5
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {"weights.safetensors", "grids", "checkpoints"}


def test_the_rate_falls_to_nothing_at_the_end_alone(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    toy.run(tmp_path / "run", tmp_path / "levels", steps=30)
    state = torch.load(RunFolder.open(tmp_path / "run").checkpoints()[-1], weights_only=True)
    # Half a cosine over the last third, one step before its end: [Loshchilov & Hutter 2017, eq. 5].
    assert state["optimizers"]["line"]["param_groups"][0]["lr"] == pytest.approx(0.1 * 0.5 * (1 - 0.951057), rel=1e-4)


def test_a_step_in_parts_learns_what_a_whole_one_does(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    for parts in (1, 4):
        toy.run(tmp_path / str(parts), tmp_path / "levels", steps=9, accumulate=parts)
    whole, parted = (json.loads((tmp_path / name / "weights.safetensors").read_text()) for name in ("1", "4"))
    assert parted["weight"][0] == pytest.approx(whole["weight"][0], rel=1e-5)


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_two_processes_share_the_pictures_and_average_their_gradients(tmp_path: Path) -> None:
    levels = toy.write_levels(tmp_path / "levels", 24)
    command = [sys.executable, "-m", "tests.engine.training.toy", str(tmp_path / "run"), str(tmp_path / "levels")]
    done = subprocess.run(command, cwd=ROOT, env=ONE_THREAD, capture_output=True, timeout=280)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    ranks = [json.loads((tmp_path / "run" / f"rank-{rank}.json").read_text()) for rank in (0, 1)]
    # 24 pictures in batches of 8 over 2 processes: each epoch is 3 steps, in which each picture is shown once.
    for epoch in range(4):
        shown = sorted(level for rank in ranks for step in rank["shown"][3 * epoch : 3 * epoch + 3] for level in step)
        assert shown == pytest.approx(sorted(levels), abs=1e-5)
    assert ranks[0]["shown"] != ranks[1]["shown"]
    assert ranks[0]["line"] == ranks[1]["line"]
    # Alone, with all eight pictures of a step, the mean gradient is the same one.
    toy.run(tmp_path / "alone", tmp_path / "levels", steps=12, flips=False)
    alone = json.loads((tmp_path / "alone" / "weights.safetensors").read_text())
    assert ranks[0]["line"]["weight"][0] == pytest.approx(alone["weight"][0], rel=1e-5)


def test_a_batch_that_does_not_divide_is_refused(tmp_path: Path) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    with pytest.raises(TrainingError, match="batch 8 does not divide into 3 micro-batches"):
        toy.run(tmp_path / "run", tmp_path / "levels", steps=1, accumulate=3)
