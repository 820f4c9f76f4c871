"""YuNet and SFace by the path of their files: networks of their signatures, whose answers are known, run in OpenCV."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.reference.onnx_bytes import Node, model

from likeness.errors import LikenessError
from likeness.faces.detect import Detector
from likeness.faces.embed import Embedder, identity_distance

# In cells of 32 px from the corner of the one that is red: box, the eye at the left, the other, nose, mouth.
SIZE = (1.5, 2.0)
POINTS = np.array([[0.2, 0.3], [0.8, 0.35], [0.5, 0.5], [0.3, 0.8], [0.7, 0.75]])
# Where SFace wants them in its 112 px [Deng et al. 2019, ArcFace's alignment].
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
# What the stand-in makes of the mean red, green and blue of each of 8 x 8 cells.
MIX = np.array([[0.9, -0.4, 0.2], [-0.3, 0.1, 0.8]])


def yunet_of(path: Path) -> Path:
    """Write a network of YuNet's inputs and outputs that takes each cell of 32 px of pure red for a face."""
    nodes, constants, outputs = [], {}, {}
    for stride in (8, 16, 32):
        pool = {"kernel_shape": (stride, stride), "strides": (stride, stride)}
        nodes.append(Node("AveragePool", ("input",), f"mean{stride}", pool))
        red = np.zeros((1, 3, 1, 1))
        if stride == 32:
            # OpenCV hands blue, green, red on.
            red[0, :, 0, 0] = -0.1, -0.1, 0.1
        boxes = np.array([0.5, 0.5, *np.log(SIZE)])
        heads = {
            "cls": (red, np.array([-15.0])),
            "obj": (np.zeros((1, 3, 1, 1)), np.array([9.0])),
            "bbox": (np.zeros((4, 3, 1, 1)), boxes),
            "kps": (np.zeros((10, 3, 1, 1)), POINTS.ravel()),
        }
        for head, (weight, bias) in heads.items():
            name, channels = f"{head}_{stride}", len(bias)
            constants |= {f"{name}_w": weight, f"{name}_b": bias, f"{name}_s": np.array([1, -1, channels])}
            nodes.append(Node("Conv", (f"mean{stride}", f"{name}_w", f"{name}_b"), f"{name}_c"))
            last = f"{name}_c"
            if head in ("cls", "obj"):
                nodes.append(Node("Sigmoid", (last,), f"{name}_p"))
                last = f"{name}_p"
            nodes.append(Node("Transpose", (last,), f"{name}_t", {"perm": (0, 2, 3, 1)}))
            nodes.append(Node("Reshape", (f"{name}_t", f"{name}_s"), name))
    for head, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        outputs |= {f"{head}_{stride}": (1, (640 // stride) ** 2, channels) for stride in (8, 16, 32)}
    path.write_bytes(model(nodes, constants, {"input": (1, 3, 640, 640)}, outputs))
    return path


def sface_of(path: Path) -> Path:
    """Write a network of SFace's input and output that mixes the mean colours of 8 x 8 cells."""
    nodes = [
        Node("AveragePool", ("data",), "mean", {"kernel_shape": (14, 14), "strides": (14, 14)}),
        Node("Conv", ("mean", "mix"), "mixed"),
        Node("Flatten", ("mixed",), "fc1", {"axis": 1}),
    ]
    constants = {"mix": MIX[:, :, None, None]}
    path.write_bytes(model(nodes, constants, {"data": (1, 3, 112, 112)}, {"fc1": (1, 128)}))
    return path


@pytest.fixture(scope="module")
def yunet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return yunet_of(tmp_path_factory.mktemp("yunet") / "yunet.onnx")


@pytest.fixture(scope="module")
def sface(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sface_of(tmp_path_factory.mktemp("sface") / "sface.onnx")


def wall_with(cells: list[tuple[int, int]], size: tuple[int, int], cell: int = 32) -> np.ndarray:
    """A blue wall of `size` px, wide and high, with red cells."""
    wall = np.full((size[1], size[0], 3), (20, 30, 200), np.uint8)
    for column, row in cells:
        wall[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell] = (255, 0, 0)
    return wall


# The last one is larger than what is searched, 1600 px, so that it is seen at half its size.
@pytest.mark.parametrize(("size", "cell"), [((480, 360), 32), ((640, 384), 32), ((3200, 2400), 64)])
def test_a_yunet_finds_faces_where_they_are_in_the_picture(yunet: Path, size: tuple[int, int], cell: int) -> None:
    detector = Detector(str(yunet))
    found = detector.find(wall_with([(3, 2), (9, 7)], size, cell))
    assert len(found) == 2
    for face, (column, row) in zip(sorted(found, key=lambda face: face.box), [(3, 2), (9, 7)], strict=True):
        middle = np.array([column + 0.5, row + 0.5])
        box = np.concatenate([middle - np.array(SIZE) / 2, middle + np.array(SIZE) / 2]) * cell
        assert np.allclose(face.box, box, atol=0.01 * cell)
        assert np.allclose(face.landmarks, (POINTS + middle - 0.5) * cell, atol=0.01 * cell)
        assert 0.9 < face.score <= 1
        assert face.corners is None


def test_a_yunet_finds_nobody_where_nothing_is_red(yunet: Path) -> None:
    assert Detector(str(yunet)).find(wall_with([], (480, 360))) == []


def test_an_sface_sees_the_face_upright_in_colour_and_cut_by_its_landmarks(
    sface: Path, drawn: Callable[[int], np.ndarray], scene: Callable[..., np.ndarray], detector: Detector
) -> None:
    embedder = Embedder(str(sface))
    picture = scene(drawn(3), 250, 190, 0.9, -8)
    face = detector.find(picture)[0]
    # The same by hand: the similarity of least squares [Umeyama 1991], the cells' means, the mix, its direction.
    wanted, seen = TEMPLATE - TEMPLATE.mean(0), face.landmarks - face.landmarks.mean(0)
    a = (wanted * seen).sum() / (seen**2).sum()
    b = (wanted[:, 1] * seen[:, 0] - wanted[:, 0] * seen[:, 1]).sum() / (seen**2).sum()
    matrix = np.array([[a, -b, 0], [b, a, 0]])
    matrix[:, 2] = TEMPLATE.mean(0) - matrix[:, :2] @ face.landmarks.mean(0)
    chip = cv2.warpAffine(picture, matrix, (112, 112)).astype(np.float64)
    means = chip.reshape(8, 14, 8, 14, 3).mean((1, 3))
    by_hand = np.einsum("oc,hwc->ohw", MIX, means).ravel()
    found = embedder.embed(picture, face)
    assert found.shape == (128,)
    assert found.dtype == np.float32
    assert identity_distance(found, by_hand / np.linalg.norm(by_hand)) < 0.01


def test_an_sface_finds_one_face_nearer_to_itself_elsewhere_than_to_another(
    sface: Path, drawn: Callable[[int], np.ndarray], scene: Callable[..., np.ndarray], detector: Detector
) -> None:
    embedder = Embedder(str(sface))
    pictures = [scene(drawn(3), 240, 180), scene(drawn(3), 200, 170, 0.8, 15), scene(drawn(8), 240, 180)]
    one, again, other = (embedder.embed(picture, detector.find(picture)[0]) for picture in pictures)
    assert identity_distance(one, again) < 0.5 * identity_distance(one, other)


def test_one_kind_of_file_in_the_place_of_the_other_is_told(yunet: Path, sface: Path) -> None:
    with pytest.raises(LikenessError, match="is no YuNet model"):
        Detector(str(sface))
    with pytest.raises(LikenessError, match="is no SFace model"):
        Embedder(str(yunet))
