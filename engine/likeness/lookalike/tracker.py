"""Brings the camera's pictures to the lookout, makes guests of visitors, and has their latents searched for."""

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
from likeness.faces.photo import read_photo
from likeness.fault_log import Faults
from likeness.lookalike.arrival import ArrivalDetector, FaceObservation
from likeness.lookalike.search_queue import SearchQueue
from likeness.lookalike.vision_process import MatchReply, VisionConfig, VisionProcess
from likeness.lookalike.visitor import Match, Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.projection.worker import ProjectionWorker

log = logging.getLogger(__name__)

# How long the thread waits for news at most: what the show asks for is seen that much later.
TURN_S = 0.03
# How often a picture is looked at while nobody is there, while somebody is who is to be greeted, and after that. A look
# is 30 ms of one core and a recognition 80 more: at 25 pictures a second they would take a core from the show.
LOOK_S, LOOK_CLOSER_S, LOOK_AGAIN_S = 0.25, 0.12, 0.3
# How often whoever is there is recognised: to be greeted, and after that to know when somebody else stands there.
RECOGNISE_S, AGAIN_S = 0.2, 1.0
PARTING_S = 2.0
SEARCHED_SIZE = 256


@dataclass(frozen=True)
class LookalikeSettings:
    """What the performer wants.

    Attributes:
        auto: greet whoever stays; else only who is caught.
        remember_s: how long a guest is remembered after they were last seen.
        steps: of the search that refines a latent; 0 leaves the encoder's guess.
        farthest: match with whom they resemble least.
    """

    auto: bool = True
    remember_s: float = 60.0
    steps: int = 100
    farthest: bool = False


class VisitorTracker:
    """Runs on a thread of its own, from the first picture to `close`. Its methods may be called on any thread.

    Args:
        outlook: where the gallery and the weights are.
        roster: gets the guests.

    Attributes:
        wishes: may be exchanged at any time.
    """

    def __init__(self, outlook: VisionConfig, roster: VisitorQueue) -> None:
        self.settings = LookalikeSettings()
        self._roster = roster
        self._lookout = VisionProcess(outlook)
        opener = partial(open_generator, str(outlook.weights), size=SEARCHED_SIZE)
        self._desk = SearchQueue(ProjectionWorker(opener), roster)
        self._greeting = ArrivalDetector()
        self._newest: tuple[int, float, NDArray[np.uint8]] | None = None
        self._photo: str | None = None
        # Which picture the photo is that is being looked at, and its path.
        self._photographed: tuple[int, str] | None = None
        self._embedded_at = self._looked_at = -AGAIN_S
        self._guests = self._count = self._era = 0
        self._catching = self._forgetting = False
        self._bell, self._closing = threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._faults = Faults(log)

    def look(self, picture: NDArray[np.uint8], at: float) -> None:
        """Take a picture `[height, width, 3]` RGB of the camera that came at `at`; the newest wins."""
        self._count += 1
        self._newest = (self._count, at, picture)
        self._wake()

    def show_photo(self, path: str) -> None:
        """Take the face of a photo in a file, as if it stood before the camera."""
        self._photo = path
        self._wake()

    def catch(self) -> None:
        """Take whoever is before the camera, now."""
        self._catching = True
        self._bell.set()

    def forget(self) -> None:
        """Wipe all that is known of visitors: at once here, in the other processes before their next step."""
        self._newest = self._photo = None
        self._forgetting = True
        for guest in self._roster.clear():
            guest.wipe()
        self._bell.set()

    def close(self) -> None:
        """Wipe all, and end the processes. Safe to call twice."""
        self._closing.set()
        self._lookout.closing = True
        self._bell.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(PARTING_S)
        for guest in self._roster.clear():
            guest.wipe()

    def _wake(self) -> None:
        with self._turn:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="reception", daemon=True)
                self._thread.start()
        self._bell.set()

    # All below runs on the reception's own thread.

    def _run(self) -> None:
        self._desk.warm()
        try:
            while not self._closing.is_set():
                try:
                    self._serve()
                except Exception as error:  # noqa: BLE001 - a photo or a process may fail in any way; the show goes on
                    self._faults.tell("the reception", error)
        finally:
            self._lookout.close()
            self._desk.close()

    def _serve(self) -> None:
        self._era = self._roster.era
        if self._forgetting:
            self._forgetting, self._photographed = False, None
            self._lookout.forget()
            self._desk.forget()
            self._greeting.forget()
        if self._catching:
            self._catching = False
            self._greeting.catch()
        self._send()
        for word in self._lookout.receive(TURN_S if self._lookout.busy else 0.0):
            if self._forgetting:
                return
            if isinstance(word, MatchReply):
                self._matched(word)
            else:
                self._seen(word)
        if self._photographed is not None and not self._lookout.busy:
            # The process has died of it, and whoever comes next is not to be taken for whom it shows.
            log.error("%s was not looked at; show it again", self._photographed[1])
            self._photographed = None
            self._greeting.forget()
        self._desk.serve(self.settings.steps)
        for guest in self._roster.expire(time.monotonic(), self.settings.remember_s):
            log.info("guest %d is forgotten", guest.number)
            guest.wipe()
        if not self._lookout.busy:
            self._bell.wait(TURN_S)
            self._bell.clear()

    def _send(self) -> None:
        """Send the newest picture, or a photo, once the lookout has done with the one before."""
        if self._lookout.busy:
            return
        photo, self._photo = self._photo, None
        if photo:
            try:
                picture = read_photo(Path(photo))
                self._newest = None
                self._count += 1
                self._photographed = self._count, photo
                self._greeting.forget()
                self._greeting.catch()
                self._lookout.look(self._photographed[0], time.monotonic(), picture, True, still=True)
            except LikenessError as error:
                log.error("%s", error)
            return
        newest, greeting = self._newest, self._greeting
        pause = LOOK_AGAIN_S if greeting.arrived else LOOK_CLOSER_S if greeting.present else LOOK_S
        if newest is None or newest[1] - self._looked_at < pause:
            return
        self._newest = None
        number, at, picture = newest
        self._looked_at = at
        recognise = at - self._embedded_at >= (AGAIN_S if greeting.arrived else RECOGNISE_S)
        if recognise:
            self._embedded_at = at
        self._lookout.look(number, at, picture, recognise)

    def _seen(self, sighting: FaceObservation) -> None:
        number, photo = self._photographed or (0, "")
        if sighting.number == number:
            self._photographed = None
            if not sighting.present:
                # Nobody is to be caught in the place of whom the photo does not show.
                self._greeting.forget()
                log.error("no face is found in %s; take one from the front and near, in light", photo)
                return
        known = None if sighting.embedding is None else self._roster.find(sighting.embedding)
        if known is not None:
            known.seen_at = time.monotonic()
        elif sighting.embedding is not None and self._greeting.arrived:
            # Somebody else has stepped in without a gap.
            self._greeting.forget()
        greeted = self._greeting.observe(sighting, auto=self.settings.auto)
        if greeted is None or greeted.portrait is None or greeted.embedding is None:
            return
        if self._roster.find(greeted.embedding) is None:
            self._welcome(greeted)

    def _welcome(self, sighting: FaceObservation) -> None:
        assert sighting.portrait is not None
        assert sighting.embedding is not None
        self._guests += 1
        guest = Visitor(self._guests, sighting.portrait, sighting.embedding, time.monotonic())
        for left in self._roster.add(guest, self._era):
            left.wipe()
        if guest.forgotten:
            return
        # What is seen of a person stays here; the log gets a number and what was wrong with the light.
        notes = f" ({'; '.join(sighting.doubts)})" if sighting.doubts else ""
        log.info("guest %d%s", guest.number, notes)
        self._lookout.request_match(guest.number, guest.embedding, self.settings.farthest)

    def _matched(self, answer: MatchReply) -> None:
        guest = next((each for each in self._roster.visitors() if each.number == answer.guest), None)
        if guest is None or answer.picture is None:
            return
        latent = None if answer.latent is None else torch.from_numpy(answer.latent)
        guest.likeness = Match(answer.name, answer.distance, answer.picture, latent)
        # Not whom: a log may be kept for years, and whom somebody resembles is said of a real face.
        log.debug("guest %d has a match", guest.number)
