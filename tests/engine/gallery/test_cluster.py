"""Photos looked at by other processes: none is lost, none kept twice. What needs Ray is skipped without it."""

import hashlib
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from likeness import open_generator
from likeness.errors import GalleryError
from likeness.files.paths import find_weights
from likeness.gallery import Gallery, cluster
from likeness.gallery.add_photos import PhotoJob, add_photos, find_photos
from likeness.gallery.cluster import CHUNK, CHUNK_BYTES, encode_on_cluster, next_chunk
from likeness.gallery.face_types import to_jpeg
from likeness.picture import to_picture


def jobs(sizes: list[int]) -> Iterator[PhotoJob]:
    for number, size in enumerate(sizes):
        yield PhotoJob(hashlib.sha256(bytes([number])).hexdigest(), Path(f"{number}.jpg"), bytes(size))


def test_a_chunk_is_many_small_photos_or_few_large_ones() -> None:
    waiting = jobs([1000] * (CHUNK + 3))
    assert [len(next_chunk(waiting)) for _ in range(3)] == [CHUNK, 3, 0]
    waiting = jobs([CHUNK_BYTES // 2] * 3 + [3 * CHUNK_BYTES] * 2)
    assert [[job.path.stem for job in next_chunk(waiting)] for _ in range(5)] == [["0", "1"], ["2", "3"], ["4"], [], []]


@pytest.mark.parametrize("host", ["127.0.0.1", "ray://127.0.0.1", "[::ffff:127.0.0.1]"])
def test_an_address_where_nobody_listens_is_told_at_once(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GalleryError, match=r"no Ray cluster at .*refused.*ray start --head"):
        encode_on_cluster(f"{host}:{port}", None, "", "agreed")


@pytest.fixture
def two_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Callable[[], None]]]:
    """A Ray cluster of two nodes with one processor each; return its address, and what takes one away."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    memory = 100_000_000
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": memory})
    nodes = [made.add_node(num_cpus=1, object_store_memory=memory) for _ in range(2)]
    yield made.address, lambda: made.remove_node(nodes[0], allow_graceful=False)
    made.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_a_machine_that_dies_costs_no_photo_and_weights_are_found_from_any_folder(
    two_machines: tuple[str, Callable[[], None]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, take_away = two_machines
    monkeypatch.setattr(cluster, "CHUNK", 2)
    photos = tmp_path / "photos"
    photos.mkdir()
    generator = open_generator(find_weights("composite-256"))
    for seed in range(12):
        picture = to_picture(generator.synthesize(0.7 * generator.sample([seed])))
        (photos / f"{seed:02}.jpg").write_bytes(to_jpeg(np.asarray(picture)))
    shutil.copy(find_weights("composite-256"), tmp_path / "own.safetensors")
    # The workers began elsewhere.
    monkeypatch.chdir(tmp_path)
    look = encode_on_cluster(address, Path("own.safetensors"), "", "agreed")

    def looked(waiting: Iterator[PhotoJob]) -> Iterator[tuple[Path, object]]:
        for number, each in enumerate(look(waiting)):
            if number == 0:
                take_away()
            yield each

    with Gallery.open(tmp_path / "gallery", create=True) as gallery:
        tally = add_photos(gallery, find_photos(photos), looked, consent="agreed")
        assert tally.added == 12 - len(tally.refused)
        assert len(tally.refused) <= 2
        kept = gallery.records()
        assert sorted(record.name for record in kept) == sorted(
            path.stem for path in find_photos(photos) if path not in tally.refused
        )
        assert all(record.num_ws for record in kept)
