"""Shards on a Ray cluster: what is refused before, what a worker does, and a cluster where Ray is installed."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.commands.test_shards import DEVICE, FPS, contents, night  # noqa: F401 - a fixture

from likeness.commands.play import open_take, render, render_part
from likeness.commands.ray_shards import RayWorkers, render_there
from likeness.commands.shards import Film, render_film
from likeness.errors import InputError
from likeness.options import QUIET
from likeness.show.takes.material import hash_material


def make_film(night: Path, name: str = "film.mp4") -> Film:  # noqa: F811 - the fixture's value
    outputs = [str(night.with_name(name))]
    take, options = open_take(str(night), replace(QUIET, outputs=outputs, device="cpu", offline=True))
    options = replace(options, seconds=take.seconds)
    return Film(night, options, FPS, 3, 1, hash_material(take, options))


def test_an_address_where_nobody_listens_is_told_at_once(night: Path) -> None:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(InputError, match=r"no Ray cluster at .*ray start --head"):
        RayWorkers(make_film(night), render_part, f"127.0.0.1:{port}").run([1])


@pytest.mark.parametrize("beside", [{}, {"shards": 3, "shard": 1}, {"shards": 3, "workers": 2}])
def test_a_cluster_renders_all_of_so_many_parts(night: Path, beside: dict[str, int]) -> None:  # noqa: F811
    with pytest.raises(InputError, match="give it --shards 8"):
        render(str(night), output=str(night.with_name("film.mp4")), ray="127.0.0.1:1", options=DEVICE, **beside)


def test_parts_that_workers_send_back_are_the_film_of_one_render(night: Path) -> None:  # noqa: F811
    film, take = make_film(night), night.read_bytes()

    def run(missing: list[int]) -> None:
        for shard in missing:
            film.part(shard).write_bytes(render_there(take, film, shard, render_part))

    render_film(film, None, render_part, run)
    whole = night.with_name("whole.mp4")
    render(str(night), output=str(whole), options=DEVICE)
    assert contents(film.path) == contents(whole)


def test_a_worker_with_other_files_than_here_refuses(night: Path) -> None:  # noqa: F811
    film = replace(make_film(night), material="of other weights")
    with pytest.raises(InputError, match="other files than here"):
        render_there(night.read_bytes(), film, 1, render_part)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_a_machine_that_dies_costs_its_part_alone(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    memory = 100_000_000
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": memory})
    nodes = [made.add_node(num_cpus=1, object_store_memory=memory) for _ in range(2)]
    film = make_film(night)
    workers = RayWorkers(film, render_part, made.address)
    made.remove_node(nodes[0], allow_graceful=False)
    try:
        render_film(film, None, render_part, workers.run)
    finally:
        made.shutdown()
    assert film.path.is_file()
