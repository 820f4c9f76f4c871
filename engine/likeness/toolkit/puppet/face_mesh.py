"""A face mesh: 478 points of a face in three dimensions, followed from picture to picture."""

from collections.abc import Mapping

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from likeness.errors import WeightsError
from likeness.faces.landmarks import Points
from likeness.generators.networks.tflite import TFLiteNetwork
from likeness.generators.readers.tflite import TFLiteGraph
from likeness.toolkit.puppet.face_square import SKIN, Square

Pixels = NDArray[np.uint8]

# The points are those of MediaPipe's face mesh [Kartynnik et al. 2019], lips, lids and irises those of its attention
# mesh [Grishchenko et al. 2020]: 468 of the skin, then five of each iris, its middle first.
IRIS, POINTS = 5, 478
OUTPUTS = ("output_lips", "output_left_eye", "output_right_eye")
IRISES = ("output_left_iris", "output_right_iris")
# The network's own certainty that it sees a face, as a logit; 0 is even odds.
SURE = 0.0


class FaceMesh:
    """Finds the mesh of a face in a part of a picture. One thread at a time; 22 ms of one core.

    Args:
        graph: MediaPipe's `face_landmark_with_attention.tflite`.

    Raises:
        WeightsError: it is another network.
    """

    def __init__(self, graph: TFLiteGraph) -> None:
        self._network = TFLiteNetwork(graph)
        closer = self._network.custom_options("Landmarks2TransformMatrix")
        wanted = {"output_mesh_identity", "conv_faceflag", *OUTPUTS, *IRISES}
        if not wanted <= graph.outputs.keys() or len(closer) != len(OUTPUTS):
            raise WeightsError("the network for the face mesh is not face_landmark_with_attention.tflite")
        # Around whose points it looks closer, those it finds anew.
        self._closer = [np.asarray(each["subset_idxs"]) for each in closer]
        self._side = self._network.input_shape[1]

    def find(self, picture: Pixels, square: Square) -> Points | None:
        """Return the points `[478, 3]` in the picture's px, z toward the viewer negative; None without a face.

        Args:
            picture: `[height, width, 3]` RGB.
            square: around the face.
        """
        to_picture = square.matrix(self._side)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(picture, to_picture, (self._side, self._side), flags=flags)
        found = self._network.run(torch.from_numpy(cut).permute(2, 0, 1)[None].float().div_(255))
        if float(found["conv_faceflag"][0]) < SURE:
            return None
        points = self._join(found)
        placed = np.empty((POINTS, 3))
        placed[:, :2] = points[:, :2] @ to_picture[:, :2].T + to_picture[:, 2]
        placed[:, 2] = points[:, 2] * square.side / self._side
        return placed

    def _join(self, found: Mapping[str, Tensor]) -> Points:
        points = np.zeros((POINTS, 3))
        points[:SKIN] = found["output_mesh_identity"].reshape(SKIN, 3).numpy()
        for name, places in zip(OUTPUTS, self._closer, strict=True):
            points[places, :2] = found[name].reshape(-1, 2).numpy()
        for index, name in enumerate(IRISES):
            begin = SKIN + index * IRIS
            points[begin : begin + IRIS, :2] = found[name].reshape(-1, 2).numpy()
            # An iris is as deep as its eye.
            points[begin : begin + IRIS, 2] = points[self._closer[1 + index][:16], 2].mean()
        return points
