"""Puppet: the camera's face leads the face that plays, and every parameter that wants to be led."""

import logging
from typing import Any

from torch import Tensor

from likeness import Bool, Event, Float, Frame, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.errors import InputError
from likeness.events import CameraImage, FaceMoves, Forget
from likeness.toolkit.mouth import move_bare, open_mouth_of
from likeness.toolkit.mouth_moves import MouthMoves
from likeness.toolkit.puppet.expression import HEAD_CHANNELS, Measures
from likeness.toolkit.puppet.face_finder import FaceFinder
from likeness.toolkit.puppet.face_process import FaceProcess
from likeness.toolkit.puppet.head_pose import Head, HeadPose
from likeness.toolkit.puppet.mesh_file import FETCH, find_mesh_file
from likeness.toolkit.puppet.response import HANDS, Channels, FaceResponse, find_moves, find_pose, mirror
from likeness.toolkit.puppet.vmc import VmcSender

log = logging.getLogger(__name__)

HELP = {
    "jaw": "How far the jaw opens.",
    "smile": "How far the corners of the mouth go up, or down.",
    "lips": "How far the lips go forward.",
    "lids": "How far the lids shut.",
    "brows": "How far the brows go up, or down.",
    "gaze": "How far the eyes look aside, up and down.",
    "head": "How far the head turns, nods, tilts and moves.",
}


class Plugin:
    """Measures the camera's faces in a process of its own, and moves a composite's picture as the leading face moves.

    A family whose faces have no common mean has no mouth that could be found: its pictures stay, and the log says so
    once; its parameters can be led all the same, by signals.
    """

    # What it draws depends on the measures and the values, all of which `update` sees, and on no picture before.
    memoryless = True

    def __init__(self) -> None:
        self._response, self._head = FaceResponse(), Head()
        self._moves, self._pose = MouthMoves(), HeadPose()
        self._process: FaceProcess | None = None
        self._finder: FaceFinder | None = None
        self._sender: VmcSender | None = None
        self._receiver = ""
        self._kept = True
        self._told_nobody = True
        # Of a render: pictures that the camera had, and those in which there was a face.
        self._pictures = self._faces = 0

    @hookimpl
    def declare_params(self) -> list[Param]:
        glide = {"glide": 0.1}
        params: list[Param] = [
            Float(
                "amount",
                1.0,
                max=2.0,
                **glide,
                help="Of all moves: 0 is a still face, 1 as before the camera, 2 a cartoon.",
            ),
            Trigger("neutral", help="Take the leading face, as it is now, for its rest."),
            *(Float(name, 1.0, max=3.0, **glide, help=text) for name, text in HELP.items()),
        ]
        for name in HELP:
            words = f"Of {name}: below 1 small moves are seen early, above 1 late."
            params.append(Float(f"{name}_curve", 1.0, min=0.25, max=4.0, help=words))
        return [
            *params,
            Bool("mirror", help="Move as a mirror does: your left is at the picture's left."),
            Float("teeth", 1.0, **glide, help="How much is seen of the teeth."),
            Float("smooth", 0.05, max=1.0, unit="s", help="In which the face follows; less trembles, more lags."),
            Float("ease", 0.8, max=10.0, unit="s", help="In which a face that is lost goes back to rest."),
            Text(
                "send", help="Where the moves go as OSC (VMC, ARKit's names), such as 127.0.0.1:39539; empty, nowhere."
            ),
            Bool("keep", True, help="Write the moves into takes, as numbers; off, a take knows nothing of the face."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._stage = stage
        self._generator: Any = stage.generator
        self._mouth = open_mouth_of(stage.generator, "puppet", lambda words: log.warning("%s", words))
        if self._mouth is not None and not self._mouth.leads_brows:
            log.warning("puppet: these moves know nothing of brows and smiles; make them anew: likeness train mouth")
        if stage.offline and not stage.camera and not stage.params.snapshot.get("puppet", {}).get("bypass"):
            stage.refuse("puppet: there is nobody to follow; give the render a film of a face: --camera FILE")
        mesh = find_mesh_file()
        if mesh is None:
            log.warning("puppet: without a face mesh it follows the head alone; for the whole face: %s", FETCH)
        # A render waits for each picture, so that it is the same the next time.
        if stage.offline:
            self._finder = FaceFinder(mesh)
        else:
            self._process = FaceProcess(mesh, self._tell)

    @hookimpl
    def stop(self, stage: Stage) -> None:
        if self._process is not None:
            self._process.close()
        if self._sender is not None:
            self._sender.close()
        self._process = self._sender = None
        if self._pictures and not self._faces:
            stage.refuse(
                f"puppet: there is no face in the {self._pictures} pictures of the camera; the face stood still"
            )

    @hookimpl
    def handle(self, event: Event) -> None:
        if isinstance(event, CameraImage):
            if self._finder is not None:
                measures = self._finder.read(event.picture, event.at)
                self._pictures, self._faces = self._pictures + 1, self._faces + bool(measures)
                self._response.observe(measures)
            elif self._process is not None:
                self._process.submit(event.picture, event.at)
        elif isinstance(event, FaceMoves):
            self._response.observe(event.measures)
        elif isinstance(event, Forget):
            self._response.forget()
            if self._process is not None:
                self._process.forget()

    @hookimpl
    def update(self, params: Values, frame: Frame) -> None:
        self._kept = bool(params["keep"])
        if params["neutral"] and not self._response.take_rest():
            log.warning("puppet: nobody is before the camera whose rest could be taken")
        hands = {name: float(params[name]) for name in (*HANDS, *(f"{hand}_curve" for hand in HANDS), "smooth", "ease")}
        channels = self._response.advance(frame.dt, hands)
        self._publish(channels)
        self._send(channels, str(params["send"]))
        shown, amount = mirror(channels) if params["mirror"] else channels, float(params["amount"])
        self._moves = find_moves(shown, amount, min(1.0, float(params["teeth"])))
        self._pose = find_pose(shown, amount)

    @hookimpl
    def process_image(self, image: Tensor) -> Tensor | None:
        warp = self._generator.warp if self._mouth is not None else None
        if self._mouth is None or warp is None or len(warp) != len(image) or image.shape[2] != image.shape[3]:
            return None
        # Marked by a plugin before this one, which shows a visitor's photo: the warp is that of another face.
        if self._stage.privacy.marked:
            return None
        mouth, moves = self._mouth, self._moves
        moved = move_bare(self._generator, image, lambda bare: mouth.draw(bare, warp, moves.moves, moves.inside))
        pose = self._pose
        turned = self._head.draw(moved, pose)
        if turned is not moved:
            self._stage.warping.add(lambda maps: self._head.draw(maps, pose))
        return turned

    @hookimpl
    def state(self) -> object:
        return self._response.state()

    @hookimpl
    def restore(self, state: Any) -> None:
        self._response.restore(state)

    def _tell(self, measures: Measures) -> None:
        """Hand on what was measured, and once that nobody is there. The face process's thread."""
        if not measures and self._told_nobody:
            return
        self._told_nobody = not measures
        event = FaceMoves({name: round(value, 4) for name, value in measures.items()})
        if self._kept:
            self._stage.params.play(event)
        else:
            self._stage.params.post(event)

    def _publish(self, channels: Channels) -> None:
        # The head goes both ways: straight ahead is the middle.
        self._stage.signals.publish(
            "puppet", {name: value / 2 + 0.5 if name in HEAD_CHANNELS else value for name, value in channels.items()}
        )

    def _send(self, channels: Channels, receiver: str) -> None:
        if receiver != self._receiver:
            self._receiver = receiver
            if self._sender is not None:
                self._sender.close()
                self._sender = None
            if receiver and not self._stage.offline:
                try:
                    self._sender = VmcSender(receiver)
                except InputError as error:
                    log.warning("puppet: %s", error)
        if self._sender is not None:
            self._sender.send(channels, self._response.present)
