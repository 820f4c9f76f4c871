"""Shards of a render on a Ray cluster: each is a task there, and its film comes back."""

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from likeness.commands.shards import MOST_TRIES, Film, Render, render_shard
from likeness.errors import InputError
from likeness.files.atomic_write import atomic_write
from likeness.gallery.ray_cluster import connect_cluster
from likeness.show.takes.material import hash_material, with_material
from likeness.show.takes.reader import read_take

# What Ray gives a task that names no number.
CORES = 1


@dataclass(frozen=True)
class RayWorkers:
    """Renders parts of a take on the machines of a Ray cluster, which have this program, the weights and the plugins.

    The take travels there and each part comes back, so that no common disk is needed. A worker or a machine that dies
    costs its own part alone, which Ray gives to another one, three times at most.

    Args:
        film, render: of the parts.
        address: of the cluster, as `ray.init` takes it.
    """

    film: Film
    render: Render
    address: str

    def run(self, missing: list[int]) -> None:
        """Render these parts.

        Raises:
            InputError: no cluster is there, or a machine of it cannot render a part.
        """
        ray = connect_cluster(self.address, InputError)
        make: Any = ray.remote(num_cpus=CORES, max_retries=MOST_TRIES - 1, scheduling_strategy="SPREAD")(render_there)
        take = ray.put(self.film.take.read_bytes())
        running: dict[Any, int] = {make.remote(take, self.film, shard, self.render): shard for shard in missing}
        try:
            while running:
                (ready,), _ = ray.wait(list(running), num_returns=1)
                shard = running.pop(ready)
                atomic_write(self.film.part(shard), ray.get(ready))
                print(f"Part {shard} of {self.film.shards} is rendered.", flush=True)
        except ray.exceptions.RayTaskError as error:
            # Its own text is the worker's traceback.
            raise InputError(f"a machine of the Ray cluster at {self.address} cannot render: {error.cause}") from error
        except ray.exceptions.RayError as error:
            raise InputError(
                f"the Ray cluster at {self.address} failed: {error}; the same command goes on from here"
            ) from error
        finally:
            ray.shutdown()


def render_there(take: bytes, film: Film, shard: int, render: Render) -> bytes:
    """Render a part on a worker, and return its film.

    Raises:
        LikenessError: what the take needs is not there, or is another file.
    """
    # As the command line has it from its start.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / film.take.name
        path.write_bytes(take)
        options = replace(film.options, outputs=[str(Path(folder) / film.path.name)])
        there = replace(film, take=path, options=options)
        read = read_take(path)
        if hash_material(read, with_material(read, options)) != film.material:
            raise InputError("its weights, plugins or sound are other files than here; copy these there")
        return render_shard(there, shard, render).read_bytes()
