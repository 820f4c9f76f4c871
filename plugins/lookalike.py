"""Whoever stands before the camera rides on the show, is seen, and turns into whom they resemble."""

import logging

import torch
from torch import Tensor
from torch.nn import functional

from likeness import Bool, Choice, Event, Float, Frame, Int, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.events import CameraImage, Forget
from likeness.generator import GROUPS
from likeness.latent import layers_of, lerp, row, undo_truncation
from likeness.lookalike.tracker import LookalikeSettings, VisitorTracker
from likeness.lookalike.turn import NOBODY, PhaseSeconds, Turn
from likeness.lookalike.vision_process import VisionConfig
from likeness.lookalike.visitor import Pixels, Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.paths import user_dir
from likeness.picture import to_tensor

log = logging.getLogger(__name__)

LENGTHS = ("attack", "hold", "blend", "photo", "walk", "match", "decay")
# A search takes some steps a second; what it finds is followed in so long, so that no step is seen.
REFINE_S = 0.4
PORTRAIT = (256, 1024)


class Plugin:
    """Blends; the reception, on threads and in processes of its own, does all that takes time."""

    def __init__(self) -> None:
        self._roster = VisitorQueue()
        self._reception: VisitorTracker | None = None
        self._guest: Visitor | None = None
        self._story = Turn()
        self._weights = NOBODY
        self._photo = ""
        self._begin()

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Choice(
                "mode",
                "story",
                ["story", "ride"],
                help="Story is the whole turn; ride is the features on the show alone.",
            ),
            Bool("auto", True, help="Greet whoever stays before the camera; off, only who is caught."),
            Trigger("catch", help="Take whoever is before the camera, now."),
            Trigger("next", help="Lead the visitor back and let the next one come."),
            Trigger("forget", help="Wipe every picture, embedding and latent of visitors, at once."),
            Text("photo", help="A photo's file, whose face comes as if it stood before the camera."),
            Float("amount", 1.0, glide=0.2, help="How far a visitor enters the layers below."),
            Float("coarse", 1.0, glide=0.2, help="Of the visitor's shape and pose."),
            Float("broad", 0.0, glide=0.2, help="Of the visitor's light and colour."),
            Float("middle", 0.5, glide=0.2, help="Of the visitor's features."),
            Float("fine", 0.0, glide=0.2, help="Of the visitor's skin."),
            Float("attack", 1.5, max=30.0, unit="s", help="In which a visitor's features rise into the show."),
            Float("hold", 3.0, max=120.0, unit="s", help="How long they stay before the photo comes."),
            Float("blend", 1.5, max=30.0, unit="s", help="Each dissolve: into the photo, out of it, into the match."),
            Float("photo_s", 1.5, max=60.0, unit="s", help="How long the visitor's photo stands."),
            Float("walk", 5.0, max=60.0, unit="s", help="The way from the visitor to the match."),
            Float("match", 2.5, max=60.0, unit="s", help="How long the match's picture stands."),
            Float("decay", 2.0, max=30.0, unit="s", help="Back into the show."),
            Bool("farthest", help="Match with whom the visitor resembles least."),
            Int("steps", 100, max=1000, help="Of the search that refines a visitor while they show; 0 is the guess."),
            Float(
                "remember", 60.0, min=1.0, max=3600.0, unit="s", help="A visitor is forgotten so long after they left."
            ),
            Bool("again", True, help="Visitors who are remembered come round again; off, each has one turn."),
            Float("rest", 4.0, max=120.0, unit="s", help="The show is alone for so long before somebody comes again."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._stage, self._info, self._mean = stage, stage.generator.info, stage.generator.mean
        stage.store.on_press("lookalike.forget", self._press_forget)
        if self._info.weights is not None:
            side = min(max(self._info.resolution, PORTRAIT[0]), PORTRAIT[1])
            outlook = VisionConfig(self._info.weights, user_dir("gallery"), side, seed=stage.seed)
            self._reception = VisitorTracker(outlook, self._roster)

    @hookimpl
    def stop(self, stage: Stage) -> None:
        if self._reception:
            self._reception.close()
        self._begin()

    @hookimpl
    def handle(self, event: Event, stage: Stage) -> None:
        if isinstance(event, CameraImage) and self._reception:
            self._reception.look(event.picture, event.at)
        elif isinstance(event, Forget):
            self._begin()

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor | None:
        self._heed(params)
        self._follow(params, frame.dt)
        guest, weights = self._guest, self._weights
        if guest is None or weights.present <= 0:
            return None
        goal = self._goal(guest, frame.dt)
        if goal is None:
            return None
        self._stage.privacy.mark()
        # What is shown whole is shown as it is: the truncation that comes after the plugins is undone beforehand.
        undone = undo_truncation(goal, self._mean, float(frame.values["show"]["psi"]))
        whole = torch.lerp(goal, undone, weights.whole)
        shares = row(self._shares(params), latent).view(-1, 1)
        return torch.lerp(latent, whole.expand_as(latent), shares)

    @hookimpl
    def process_image(self, image: Tensor, frame: Frame) -> Tensor | None:
        guest, weights = self._guest, self._weights
        if guest is None or guest.forgotten or max(weights.photo, weights.match) <= 0:
            return None
        self._stage.privacy.mark()
        if weights.photo > 0:
            image = torch.lerp(image, self._drawn("photo", guest.portrait, image), weights.photo)
        if weights.match > 0 and guest.likeness:
            image = torch.lerp(image, self._drawn("match", guest.likeness.picture, image), weights.match)
        return image

    def _press_forget(self) -> None:
        """Wipe, though the plugin be bypassed or the picture frozen. The show's thread, between two frames."""
        if self._reception:
            self._reception.forget()
        self._begin()
        self._stage.store.emit(Forget())

    def _begin(self) -> None:
        """Nobody's turn is under way, and nothing of the last one is left."""
        self._guest, self._weights = None, NOBODY
        self._shown: Tensor | None = None
        self._pictures: dict[str, Tensor] = {}
        self._had: set[int] = set()
        self._alone_s = 0.0
        self._roster.clear_current()

    def _heed(self, params: Values) -> None:
        """Do what the performer wants, or pass it on."""
        if params["next"]:
            self._story.end()
        reception = self._reception
        if reception is None:
            return
        reception.settings = LookalikeSettings(
            bool(params["auto"]), float(params["remember"]), int(params["steps"]), bool(params["farthest"])
        )
        if params["catch"]:
            reception.catch()
        if params["photo"] != self._photo:
            self._photo = str(params["photo"])
            if self._photo:
                reception.show_photo(self._photo)

    def _follow(self, params: Values, dt: float) -> None:
        """Let the turn go on, or the next one begin."""
        guest = self._guest
        if guest is None or guest.forgotten or self._story.over:
            if guest is not None:
                had = self._had
                self._begin()
                self._had = had | {guest.number}
            self._alone_s += dt
            again = bool(params["again"]) and self._alone_s >= float(params["rest"])
            guest = self._guest = self._roster.next_visitor(() if again else self._had)
            if guest is None:
                return
            self._story = Turn(short=params["mode"] == "ride")
        seconds = [float(params["photo_s" if name == "photo" else name]) for name in LENGTHS]
        matched = guest.likeness is not None and guest.likeness.latent is not None
        self._weights = self._story.advance(dt, PhaseSeconds(*seconds), matched=matched)

    def _goal(self, guest: Visitor, dt: float) -> Tensor | None:
        """Return the latent `[num_ws, w_dim]` between the visitor and the match, following the search."""
        found, likeness = guest.latent, guest.likeness
        if found is None or found.shape != self._mean.shape:
            return None
        found = found.to(self._mean.device, non_blocking=True)
        if self._shown is None:
            self._shown = found
        else:
            self._shown = torch.lerp(self._shown, found, min(dt / REFINE_S, 1.0))
        along = self._weights.along
        if along <= 0 or likeness is None or likeness.latent is None:
            return self._shown
        return lerp(self._shown, likeness.latent.to(self._mean.device, non_blocking=True), along)

    def _shares(self, params: Values) -> list[float]:
        """Return per layer how much of it is the visitor's."""
        present, whole = self._weights.present, self._weights.whole
        amounts = {group: float(params[group]) * float(params["amount"]) for group in GROUPS}
        layers = layers_of(self._info.groups, self._info.num_ws, amounts)
        return [present * (amount + (1 - amount) * whole) for amount in layers]

    def _drawn(self, name: str, picture: Pixels, image: Tensor) -> Tensor:
        """Return a picture as the generator's are, `[1, 3, H, W]`; made once for a turn."""
        known = self._pictures.get(name)
        if known is None or known.shape[-2:] != image.shape[-2:]:
            levels = to_tensor(picture).to(image.device)
            size = (image.shape[-2], image.shape[-1])
            smaller = size[0] < levels.shape[-1]
            levels = functional.interpolate(levels, size, mode="bilinear", antialias=smaller)
            known = self._pictures[name] = levels.to(image.dtype)
        return known
