"""The strips of bending: `python docs/draw_bending.py` draws five pictures for each operation.

    python docs/draw_bending.py bend b16.conv1 STYLEGAN2.safetensors docs/bending.jpg
    python docs/draw_bending.py bend edges faces-256 docs/bending-edges.jpg
    python docs/draw_bending.py bend_composite "" faces-256 docs/bending-composite.jpg
    python docs/draw_bending.py mix_networks OTHER.safetensors STYLEGAN2.safetensors docs/bending-mix.jpg

The plugin itself plays, each fader from one end of its range to the other with all others at rest; the middle one of
its five values is at rest where rest is not an end. The second argument is the layer, or the weights to mix in; a
seed or a saved face may come last.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from likeness import Float, Frame, Stage, open_generator
from likeness.files.paths import find_weights
from likeness.generator import BendableGenerator, Bends
from likeness.host.discovery import find_plugins, load_plugin
from likeness.latent import truncate
from likeness.parameters.store import ParamStore
from likeness.picture import to_picture
from likeness.stage import PluginParams
from likeness.toolkit.face_list import read_faces

ROOT = Path(__file__).resolve().parent.parent
SIDE, LABEL, COUNT = 144, 110, 5
# Rows that stay in one column.
LONGEST = 10
QUALITY = 88
# Enough to have faded to the layer.
FRAMES = 12
PSI, SEED = 0.7, "4"
# What is set beside a fader so that it does anything, and faders that have no strip of their own.
BESIDE: dict[str, dict[str, float | str]] = {
    "noise_rate": {"noise": 1.0},
    "first": {"rotate": 90.0, "share": 0.4},
    "share": {"rotate": 90.0},
    "depth": {"rotate": 60.0, "layer": ""},
    "amount": {"rotate": 90.0},
}
LEFT_OUT = ("change", "noise_rate")


def main(plugin_name: str, second: str, weights: str, path: Path, face_name: str = SEED) -> None:
    """Write the sheet of one plugin: a row for each fader."""
    generator = open_generator(find_weights(weights), size=2 * SIDE)
    assert isinstance(generator, BendableGenerator)
    face = truncate(read_faces(face_name, generator), generator.mean, PSI)
    found = find_plugins([ROOT / "plugins"])
    params = load_plugin(plugin_name, found).declare_params()
    rows = []
    for param in params:
        if not isinstance(param, Float) or param.name in LEFT_OUT:
            continue
        tiles = [_label(param.name)]
        for value in _spread(param):
            values = {each.name: each.default_value for each in params} | BESIDE.get(param.name, {})
            values |= {param.name: value, ("weights" if plugin_name == "mix_networks" else "layer"): second}
            values |= BESIDE.get(param.name, {})
            tiles.append(_tile(_draw(load_plugin(plugin_name, found), generator, face, values), value))
        rows.append(np.hstack(tiles))
    columns = 2 if len(rows) > LONGEST else 1
    rows += [np.zeros_like(rows[0])] * (-len(rows) % columns)
    length = len(rows) // columns
    columns_of_rows = [np.vstack(rows[at * length : (at + 1) * length]) for at in range(columns)]
    cv2.imwrite(str(path), np.hstack(columns_of_rows), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


@torch.inference_mode()
def _draw(plugin: object, generator: BendableGenerator, face: torch.Tensor, values: dict[str, object]) -> np.ndarray:
    """Return the picture once the plugin has faded to these values."""
    stage = Stage(generator, PluginParams(ParamStore()), face.device, 4, offline=True)
    plugin.start(stage=stage)
    bends: Bends | None = None
    for index in range(FRAMES):
        frame = Frame(index, index / 24, 1 / 24 if index else 0.0, 0.0, {"show": {"psi": PSI}})
        plugin.update(params=values, frame=frame)
        bends = stage.bending.end_update()
    image = generator.synthesize(face) if bends is None else generator.draw_bent(face, bends)
    return to_picture(image)


def _spread(param: Float) -> list[float]:
    """Return the values of a strip, evenly along the fader."""
    return [param.from_unit(index / (COUNT - 1)) for index in range(COUNT)]


def _tile(picture: np.ndarray, value: float) -> np.ndarray:
    tile = cv2.resize(picture[..., ::-1], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return _write(tile, f"{value:g}" if abs(value) >= 10 or value == int(value) else f"{value:.2f}", (6, SIDE - 8))


def _label(text: str) -> np.ndarray:
    return _write(np.full((SIDE, LABEL, 3), 24, np.uint8), text, (8, SIDE // 2))


def _write(tile: np.ndarray, text: str, place: tuple[int, int]) -> np.ndarray:
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        tile = cv2.putText(tile.copy(), text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, width, cv2.LINE_AA)
    return tile


if __name__ == "__main__":
    main(*sys.argv[1:4], Path(sys.argv[4]), *sys.argv[5:])
