"""A gallery whose writer is killed in the middle of a batch."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from likeness.gallery import Gallery, NewFace

Maker = Callable[..., NewFace]

WRITER = """
import os, signal, sys, threading, time
from pathlib import Path
import numpy as np
from tests.engine.gallery.conftest import made_up
from likeness.gallery import Gallery
from likeness.gallery.matrix import Matrix

write = Matrix.write

def torn(matrix, rows, values):
    # Half of the second batch's embeddings, the last of them cut in two, are on the disk.
    if rows[0] >= 8:
        write(matrix, rows[:3], values[:3])
        with open(Path(sys.argv[1]) / "torn" / "embeddings.f32", "r+b") as file:
            file.seek(int(rows[3]) * 512)
            file.write(values[3].tobytes()[:200])
        os.kill(os.getpid(), signal.SIGKILL)
    write(matrix, rows, values)

def unrecorded(matrix, rows, values):
    # All embeddings of the second batch are on the disk, and none of its records.
    write(matrix, rows, values)
    if rows[0] >= 8:
        os.kill(os.getpid(), signal.SIGKILL)

for moment in sys.argv[2:]:
    child = os.fork()
    if not child:
        Matrix.write = {"torn": torn, "unrecorded": unrecorded}.get(moment, write)
        with Gallery.open(Path(sys.argv[1]) / moment, create=True) as gallery:
            for batch in range(10_000):
                gallery.add([made_up(batch * 8 + one) for one in range(8)])
                print(moment, batch, flush=True)
    elif moment.isdigit():
        # Wherever it happens to be.
        while not (Path(sys.argv[1]) / moment / "embeddings.f32").exists():
            time.sleep(0.001)
        time.sleep(int(moment) / 1000)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one start of Python serves all the kills by forking")
def test_a_killed_writer_loses_at_most_its_last_batch_and_leaves_nothing_of_it(
    tmp_path: Path, root: Path, new_face: Maker
) -> None:
    moments = ["torn", "unrecorded", "3", "29", "83"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    program = [sys.executable, "-c", WRITER, str(tmp_path), *moments]
    told = subprocess.run(program, check=True, capture_output=True, text=True, env=environment, timeout=100).stdout
    for moment in moments:
        batches = sum(line.startswith(f"{moment} ") for line in told.splitlines())
        with Gallery.open(tmp_path / moment) as gallery:
            # Whole batches: all that were told of, and one more where the kill came between commit and word.
            count = len(gallery)
            assert count in (batches * 8, batches * 8 + 8)
            faces = [new_face(number) for number in range(count)]
            assert [gallery.search(face.embedding)[0].name for face in faces] == [face.name for face in faces]
            assert gallery.add([new_face(100_000)]) == [count + 1]
            assert gallery.search(new_face(100_000).embedding)[0].name == "face 100000"
        rows = np.fromfile(tmp_path / moment / "embeddings.f32", np.float32).reshape(-1, 128)
        assert int(rows.any(axis=1).sum()) == count + 1
    assert [line for line in told.splitlines() if line.startswith(("torn", "unrecorded"))] == ["torn 0", "unrecorded 0"]
