"""Bundled things come from the clone, the user's own go first."""

from pathlib import Path

import pytest

from likeness.errors import PluginError, WeightsError
from likeness.files import paths as places


def test_in_a_clone_the_folders_beside_the_engine_are_used(root: Path) -> None:
    assert places.bundled_dir("plugins") == root / "plugins"


def test_in_a_wheel_the_folders_inside_the_package_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "site-packages" / "likeness")
    assert places.bundled_dir("weights") == tmp_path / "site-packages" / "likeness" / "_weights"


def test_weights_are_found_by_path_or_name_and_the_users_own_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    mine = tmp_path / "weights" / "composite-256.safetensors"
    mine.parent.mkdir()
    mine.touch()
    assert places.find_weights("composite-256") == mine
    assert places.find_weights(str(mine)) == mine
    with pytest.raises(WeightsError, match=r"no weights 'composit'.*nearest: composite-256"):
        places.find_weights("composit")


@pytest.mark.parametrize("name", ["mine.safetensors", "mine.SAFETENSORS", "mine.SafeTensors"])
def test_weights_are_found_whatever_the_case_of_their_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    mine = tmp_path / "weights" / name
    mine.parent.mkdir()
    mine.touch()
    mine.with_name("mine.encoder.SAFETENSORS").touch()
    mine.with_name("folder.safetensors").mkdir()
    assert places.find_weights("mine") == mine
    with pytest.raises(WeightsError, match="no weights 'folder'"):
        places.find_weights("folder")


def test_filters_are_found_by_path_run_or_name_and_the_users_own_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    mine, run = tmp_path / "filters" / "prints.safetensors", tmp_path / "run" / "weights.safetensors"
    for file in (mine, run):
        file.parent.mkdir()
        file.touch()
    assert places.find_filter("prints") == mine
    assert places.find_filter(str(mine)) == mine
    assert places.find_filter(str(run.parent)) == run
    mine.unlink()
    assert places.find_filter("prints").parent == places.bundled_dir("weights") / "filters"
    # A filter draws no face.
    assert "prints" not in places.list_weights()
    with pytest.raises(WeightsError, match=r"no filter 'print'.*nearest: prints"):
        places.find_filter("print")


def test_populations_are_looked_for_in_the_users_folder_beside_the_weights_and_among_the_bundled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    run = tmp_path / "run" / "weights.safetensors"
    found = [path.relative_to(tmp_path).as_posix() for path in places.population_files(run)[:2]]
    assert found == ["weights/populations/weights.safetensors", "run/populations/weights.safetensors"]
    bundled = places.bundled_dir("weights") / "populations" / "faces-256.safetensors"
    assert places.population_files(places.find_weights("faces-256"))[1:] == [bundled]


def test_an_encoder_beside_weights_is_not_taken_for_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "mine.encoder.safetensors").touch()
    with pytest.raises(WeightsError, match=r"no weights 'mine\.encoder'"):
        places.find_weights("mine.encoder")


def test_without_a_home_the_users_folder_is_named_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("LIKENESS_HOME", raising=False)
    monkeypatch.setattr(Path, "home", refuse)
    assert places.user_dir("cues").parts[-2:] == (".likeness", "cues")


def test_a_plugin_is_meant_by_its_name_or_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    assert places.find_plugin_file("speak") == places.bundled_dir("plugins") / "speak.py"
    assert places.find_plugin_file("speak.py") == Path("speak.py")
    assert places.find_plugin_file("./speak") == Path("./speak")
    with pytest.raises(PluginError, match="no plugin 'nobody'"):
        places.find_plugin_file("nobody")
    (tmp_path / "plugins").mkdir()
    own = tmp_path / "plugins" / "speak.py"
    own.write_text("")
    assert places.find_plugin_file("speak") == own
