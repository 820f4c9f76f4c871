"""Photos looked at on many machines, through Ray; the gallery itself stays on this one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from likeness.errors import GalleryError
from likeness.gallery.add_photos import EncodePhotos, PhotoJob
from likeness.gallery.photo_encoder import PhotoEncoder, PhotoResult
from likeness.gallery.ray_cluster import connect_cluster

# Two seconds of work. What is larger than Ray's memory it writes to a disk, and these are photos of people.
CHUNK, CHUNK_BYTES = 16, 8_000_000
# Chunks sent ahead for each processor: it never waits for work, and no folder fills the memory.
AHEAD = 2


def encode_on_cluster(address: str, weights: Path | None, name: str, consent: str) -> EncodePhotos:
    """Return an `EncodePhotos` that works on a Ray cluster.

    Photos travel to the workers and faces come back: the workers need this program and the weights under the same
    path, and no common disk. A worker that is killed costs the photos that it had; Ray gives them to another one.

    Args:
        address: of the cluster, as `ray.init` takes it; "local" starts one on this machine.
        weights, name, consent: as `PhotoEncoder` takes them.

    Raises:
        GalleryError: Ray is not installed, or nobody answers at the address; later, that the cluster has failed, or
            that the weights are absent on one of its machines.
    """
    ray = connect_cluster(address, GalleryError)
    # A worker has another working folder.
    path = "" if weights is None else str(weights.resolve())
    remote: Any = ray.remote(num_cpus=1, max_retries=3)(_encode_jobs)

    def encode_photos(jobs: Iterator[PhotoJob]) -> Iterable[tuple[Path, PhotoResult]]:
        ahead = max(1, int(ray.cluster_resources().get("CPU", 1))) * AHEAD
        running: dict[Any, list[Path]] = {}
        try:
            while True:
                while len(running) < ahead and (chunk := next_chunk(jobs)):
                    sent = [(job.photo, str(job.path), job.raw) for job in chunk]
                    running[remote.remote(sent, path, name, consent)] = [job.path for job in chunk]
                if not running:
                    return
                (ready,), _ = ray.wait(list(running), num_returns=1)
                paths = running.pop(ready)
                yield from zip(paths, ray.get(ready), strict=True)
        except ray.exceptions.RayTaskError as error:
            # Its own text is the worker's traceback.
            raise GalleryError(
                f"a machine of the Ray cluster at {address} cannot look at photos: {error.cause}; the same call goes on"
            ) from error
        except ray.exceptions.RayError as error:
            raise GalleryError(f"the Ray cluster at {address} failed: {error}; the same call goes on") from error
        finally:
            ray.shutdown()

    return encode_photos


def next_chunk(jobs: Iterator[PhotoJob]) -> list[PhotoJob]:
    """Take photos for one worker: enough that a message's cost does not matter, few enough to fit into memory."""
    chunk: list[PhotoJob] = []
    size = 0
    while len(chunk) < CHUNK and size < CHUNK_BYTES and (job := next(jobs, None)) is not None:
        chunk.append(job)
        size += len(job.raw)
    return chunk


def _encode_jobs(jobs: list[tuple[str, str, bytes]], weights: str, name: str, consent: str) -> list[PhotoResult]:
    """Encode photos, on a worker."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    encoder = _open_worker_encoder(weights, name, consent)
    return [encoder.encode(photo, Path(path), raw) for photo, path, raw in jobs]


@lru_cache(maxsize=1)
def _open_worker_encoder(weights: str, name: str, consent: str) -> PhotoEncoder:
    """Return the worker's encoder: opening the models takes longer than a few photos."""
    # Not without latents where the weights are absent here alone: a face is looked at once, so it would stay without.
    return PhotoEncoder(Path(weights) if weights else None, name, consent)
