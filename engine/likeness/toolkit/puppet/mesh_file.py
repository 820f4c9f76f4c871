"""The file of the face mesh: MediaPipe's network, where the performer has put it, packed or not."""

import tarfile
import zipfile
import zlib
from pathlib import Path

from likeness.errors import WeightsError
from likeness.files.paths import user_dir
from likeness.generators.readers.tflite import IDENTIFIER, TFLiteGraph, parse_tflite

# The network with the lips, lids and irises looked at from near; Apache-2.0, as both packages that hold it say.
NAME = "face_landmark_with_attention.tflite"
# Where the npm package @mediapipe/face_mesh keeps its networks, one behind the other; this one is the first.
PACKED = "face_mesh_solution_packed_assets.data"
FETCH = "npm pack @mediapipe/face_mesh --pack-destination ~/.likeness/landmarks"
# Larger than any of those files.
MOST_BYTES = 32 * 2**20


def find_mesh_file() -> Path | None:
    """Return the file that holds the face mesh in `~/.likeness/landmarks`; None where there is none.

    The network itself comes before the packages that hold it: the .tgz of npm's @mediapipe/face_mesh, or a .whl of
    PyPI's mediapipe up to 0.10.21.
    """
    folder = user_dir("landmarks")
    if not folder.is_dir():
        return None
    found = [folder / NAME, *sorted(folder.glob("*face_mesh*.tgz")), *sorted(folder.glob("mediapipe*.whl"))]
    return next((path for path in found if path.is_file()), None)


def read_mesh_file(path: Path) -> TFLiteGraph:
    """Return the network in a file that `find_mesh_file` has found. Nothing in it is run, nothing unpacked to a disk.

    Raises:
        WeightsError: it cannot be read, or holds no such network.
    """
    try:
        if path.suffix == ".tgz":
            content = _read_tar(path)
        elif path.suffix == ".whl":
            content = _read_wheel(path)
        else:
            content = path.read_bytes()
    except (OSError, tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read ({error}); fetch it again: {FETCH}") from error
    if content is None:
        raise WeightsError(f"{path} holds no {NAME}; fetch another: {FETCH}")
    return parse_tflite(content, path.name)


def _read_tar(path: Path) -> bytes | None:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and Path(member.name).name in (PACKED, NAME) and member.size <= MOST_BYTES:
                file = archive.extractfile(member)
                # What lies behind the first network is not looked at: a TFLite file's offsets begin at its own start.
                content = file.read() if file else b""
                return content if content[4:8] == IDENTIFIER else None
    return None


def _read_wheel(path: Path) -> bytes | None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if Path(member.filename).name == NAME and member.file_size <= MOST_BYTES:
                return archive.read(member)
    return None
