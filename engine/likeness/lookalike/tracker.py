"""The visitor tracker: camera pictures and photos in, visitors with latents and matches out."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from likeness import open_generator
from likeness.errors import LikenessError
from likeness.errors.fault_log import Faults
from likeness.events import AudienceTurn
from likeness.faces.photo import read_photo
from likeness.lookalike.arrival import ArrivalDetector
from likeness.lookalike.messages import FaceObservation, MatchReply, VisionConfig
from likeness.lookalike.name_line import draw_name
from likeness.lookalike.search_queue import SearchQueue
from likeness.lookalike.vision_process import VisionProcess
from likeness.lookalike.visitor import Match, Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.projection.worker import ProjectionWorker
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# The longest wait for a reply: what the show asks for is seen that much later.
POLL_S = 0.03
# How often a picture is looked at while nobody is there, while somebody is about to arrive, and after that. A look is
# 30 ms of one core and a recognition 80 more: at 25 pictures a second they would take a core from the show.
LOOK_S, LOOK_CLOSER_S, LOOK_AGAIN_S = 0.25, 0.12, 0.3
# How often whoever is there is recognised: until they arrive, and after that to notice that somebody else stands there.
RECOGNISE_S, AGAIN_S = 0.2, 1.0
CLOSE_S = 2.0
SEARCHED_SIZE = 256
# Nobody is in it.
EMPTY = np.zeros((64, 64, 3), np.uint8)


@dataclass(frozen=True)
class LookalikeSettings:
    """What the performer has set.

    Attributes:
        auto: whether whoever stays becomes a visitor; else only who is caught.
        remember_s: how long a visitor is remembered after they were last seen.
        steps: of the search that refines a latent; 0 leaves the encoder's guess.
        farthest: whether to match with whom they resemble least.
    """

    auto: bool = True
    remember_s: float = 60.0
    steps: int = 100
    farthest: bool = False


class VisitorTracker:
    """Makes visitors of faces. Its public methods may be called on any thread and never wait; `close` waits a little.

    A thread of its own, started by the first picture, repeats `step`: it sends the newest picture or a photo to the
    vision process, takes the replies, and lets the search queue go on. That thread alone touches the vision process,
    the arrival detector, the search queue and the fields of visitors; other threads leave it a picture, a photo's path
    or a flag, and the newest wins. `forget` and `close` also wipe the visitors at once, on the caller's thread.

    The camera's pictures go through the arrival detector: somebody must stay, or be caught. A photo's face becomes a
    visitor at once. Whatever fails is logged, and the next step goes on.

    Args:
        config: where the gallery and the weights are.
        visitors: gets the visitors.
        vision: the process that looks; its own where none is given.
        searches: searches for latents; its own where none is given.
        threaded: whether to start the thread; without it the owner calls `step`.

    Attributes:
        settings: may be replaced at any time.
    """

    def __init__(
        self,
        config: VisionConfig,
        visitors: VisitorQueue,
        vision: VisionProcess | None = None,
        searches: SearchQueue | None = None,
        *,
        threaded: bool = True,
    ) -> None:
        self.settings = LookalikeSettings()
        self._visitors = visitors
        self._vision = vision or VisionProcess(config)
        opener = partial(open_generator, str(config.weights), size=SEARCHED_SIZE)
        self._searches = searches or SearchQueue(ProjectionWorker(opener), visitors)
        self._arrival = ArrivalDetector()
        self._newest: tuple[int, float, NDArray[np.uint8]] | None = None
        # The photo to be sent next, and the one whose observation is outstanding.
        self._photo: str | AudienceTurn | None = None
        self._photo_sent: str | AudienceTurn | None = None
        self._recognised_at = self._looked_at = -AGAIN_S
        self._count = self._pictures = self._generation = 0
        self._catching = self._forgetting = self._warming = self._warm = False
        self._answered = False
        self._wake, self._starting = threading.Event(), threading.Lock()
        self._thread = StoppableThread("lookalike", self._run) if threaded else None
        self._faults = Faults(log)

    def submit(self, picture: NDArray[np.uint8], at: float) -> None:
        """Leave a picture `[height, width, 3]` RGB of the camera, which came at `at`; the newest wins."""
        self._pictures += 1
        self._newest = (self._pictures, at, picture)
        self._start()

    def show_photo(self, path: str) -> None:
        """Make a visitor of the face in a photo; a photo without a face is logged."""
        self._photo = path
        self._start()

    def warm(self) -> bool:
        """Start the processes, which takes some seconds, before somebody comes; return whether they are there.

        Called again and again until they are.
        """
        if not self._warm:
            self._warming = True
            self._start()
        return self._warm

    def show_turn(self, turn: AudienceTurn) -> None:
        """Make a visitor of somebody of the audience; a turn without a face in its photo is ended."""
        self._photo = turn
        self._start()

    def catch(self) -> None:
        """Make a visitor of whoever is before the camera, now."""
        self._catching = True
        self._wake.set()

    def forget(self) -> None:
        """Wipe all that is known of visitors: at once here, in the other processes before their next step."""
        self._newest = self._photo = None
        self._forgetting = True
        self._wipe(self._visitors.clear())
        self._wake.set()

    def close(self) -> None:
        """Wipe all, and end the processes. Safe to call twice."""
        self._vision.closing = True
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.stopping.set()
            self._wake.set()
            thread.close(CLOSE_S)
        self._wipe(self._visitors.clear())

    def _start(self) -> None:
        with self._starting:
            if self._thread is not None:
                self._thread.start()
        self._wake.set()

    # All below runs on the tracker's own thread.

    def _run(self) -> None:
        thread = self._thread
        if thread is None:
            return
        self._searches.warm()
        try:
            while not thread.stopping.is_set():
                try:
                    self.step()
                except Exception as error:  # noqa: BLE001 - a photo or a process may fail in any way; the show goes on
                    self._faults.tell("lookalike", error)
                if not self._vision.busy:
                    self._wake.wait(POLL_S)
                    self._wake.clear()
        finally:
            self._vision.close()
            self._searches.close()

    def step(self) -> None:
        """Send what is to be looked at, take the replies, and let the searches go on. Waits 30 ms for a reply at most.

        The tracker's own thread calls it; without one, the owner.
        """
        self._generation = self._visitors.generation
        if self._forgetting:
            self._forgetting, self._photo_sent = False, None
            self._vision.forget()
            self._searches.forget()
            self._arrival.reset()
        if self._catching:
            self._catching = False
            self._arrival.ask()
        if not self._vision.busy and not self._send_photo():
            self._send_picture()
        if self._warming:
            self._warm_up()
        for reply in self._vision.receive(POLL_S if self._vision.busy else 0.0):
            self._answered = True
            if self._forgetting:
                return
            if isinstance(reply, MatchReply):
                self._add_match(reply)
            elif reply.photo:
                self._observe_photo(reply)
            else:
                self._observe_camera(reply)
        if self._photo_sent is not None and not self._vision.busy:
            if isinstance(self._photo_sent, AudienceTurn):
                self._photo_sent.end(shown=False)
            else:
                log.error("%s was not looked at; show it again", self._photo_sent)
            self._photo_sent = None
        self._searches.step(self.settings.steps)
        for visitor in self._visitors.expire(time.monotonic(), self.settings.remember_s):
            log.info("visitor %d is forgotten", visitor.number)
            visitor.wipe()

    def _warm_up(self) -> None:
        """Let the vision process look at an empty picture; both are warm once it has, and the first search is over."""
        if self._answered and self._searches.warmed:
            self._warming, self._warm = False, True
        elif not self._answered and not self._vision.busy:
            self._pictures += 1
            self._vision.request_look(self._pictures, time.monotonic(), EMPTY, embed=False)

    def _send_photo(self) -> bool:
        """Send the photo that was left; return whether there was one, readable or not."""
        photo, self._photo = self._photo, None
        if not photo:
            return False
        try:
            picture = photo.picture if isinstance(photo, AudienceTurn) else read_photo(Path(photo))
        except LikenessError as error:
            log.error("%s", error)
            return True
        self._photo_sent = photo
        self._pictures += 1
        self._vision.request_look(self._pictures, time.monotonic(), picture, embed=True, photo=True)
        return True

    def _send_picture(self) -> None:
        """Send the camera's newest picture, unless one was looked at just before."""
        newest, arrival = self._newest, self._arrival
        pause = LOOK_AGAIN_S if arrival.arrived else LOOK_CLOSER_S if arrival.present else LOOK_S
        if newest is None or newest[1] - self._looked_at < pause:
            return
        self._newest = None
        number, at, picture = newest
        self._looked_at = at
        recognise = at - self._recognised_at >= (AGAIN_S if arrival.arrived else RECOGNISE_S)
        if recognise:
            self._recognised_at = at
        self._vision.request_look(number, at, picture, recognise)

    def _observe_photo(self, observation: FaceObservation) -> None:
        photo, self._photo_sent = self._photo_sent, None
        turn = photo if isinstance(photo, AudienceTurn) else None
        if observation.present:
            self._welcome(observation, turn)
        elif turn is not None:
            log.warning("visitor %d of the audience is left out: no face is found", turn.number)
            turn.end(shown=True)
        else:
            log.error("no face is found in %s; take one from the front and near, in light", photo)

    def _observe_camera(self, observation: FaceObservation) -> None:
        known = None if observation.embedding is None else self._visitors.find(observation.embedding)
        if known is not None:
            known.seen_at = time.monotonic()
        elif observation.embedding is not None and self._arrival.arrived:
            # Somebody else has stepped in without a gap.
            self._arrival.depart()
        arrived = self._arrival.observe(observation, auto=self.settings.auto)
        if arrived is not None:
            self._welcome(arrived)

    def _welcome(self, observation: FaceObservation, turn: AudienceTurn | None = None) -> None:
        """Make a visitor of the face, unless it is one already, and ask for their match.

        Whoever sent a photo is a visitor of their own, also where they stand before the camera.
        """
        if observation.portrait is None or observation.embedding is None or (turn and (turn.over or turn.withdrawn)):
            return
        known = self._visitors.find(observation.embedding) if turn is None else None
        if known is not None:
            known.seen_at = time.monotonic()
            return
        self._count += 1
        visitor = Visitor(self._count, observation.portrait, observation.embedding, time.monotonic(), turn=turn)
        self._wipe(self._visitors.add(visitor, self._generation))
        if visitor.forgotten:
            return
        # What is seen of a person stays here; the log gets a number and what was wrong with the light.
        notes = f" ({'; '.join(observation.doubts)})" if observation.doubts else ""
        log.info("visitor %d%s", visitor.number, notes)
        self._vision.request_match(visitor.number, visitor.embedding, self.settings.farthest)
        if turn is not None:
            visitor.name_line = draw_name(turn.name, visitor.portrait.shape[0])

    def _add_match(self, reply: MatchReply) -> None:
        visitor = next((each for each in self._visitors.visitors() if each.number == reply.visitor), None)
        if visitor is None or reply.picture is None:
            return
        latent = None if reply.latent is None else torch.from_numpy(reply.latent)
        visitor.match = Match(reply.name, reply.distance, reply.picture, latent)
        # Not whom: a log may be kept for years, and whom somebody resembles is said of a real face.
        log.debug("visitor %d has a match", visitor.number)

    @staticmethod
    def _wipe(visitors: list[Visitor]) -> None:
        for visitor in visitors:
            visitor.wipe()
