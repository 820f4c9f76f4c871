"""Lookalike: visitors before the camera enter the show and turn into whom they resemble."""

import logging
import time

import torch
from torch import Tensor
from torch.nn import functional

from likeness import Bool, Choice, Event, Float, Frame, Int, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.events import AudienceTurn, CameraImage, Forget, ForgetTurn
from likeness.files.paths import user_dir
from likeness.generator import GROUPS
from likeness.latent import layers_of, lerp, row, undo_truncation
from likeness.lookalike.messages import VisionConfig
from likeness.lookalike.tracker import LookalikeSettings, VisitorTracker
from likeness.lookalike.turn import NOBODY, PhaseSeconds, Turn
from likeness.lookalike.visitor import Pixels, Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.picture import to_tensor
from likeness.stage import VisitorState

log = logging.getLogger(__name__)

PHASES = ("attack", "hold", "blend", "photo", "walk", "match", "decay")
# A search takes a few steps a second; the picture follows each within this time, so that no step is seen.
REFINE_S = 0.4
PORTRAIT = (256, 1024)
# Somebody of the audience who cannot be shown by then goes back to the server.
COMING_S = 120.0
# How dark the picture gets behind a name.
SHADE = 0.6


class Plugin:
    """Mixes the visitor into latent and picture. The tracker does all that takes time, beside the show."""

    def __init__(self) -> None:
        self._visitors = VisitorQueue()
        self._tracker: VisitorTracker | None = None
        self._visitor: Visitor | None = None
        self._turn = Turn()
        self._mix = NOBODY
        self._photo = ""
        self._coming: AudienceTurn | None = None
        self._coming_s = 0.0
        self._named = True
        self._reset()

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
            Bool("audience", True, help="Take visitors who sent a photo from their phone, one after the other."),
            Float(
                "stay",
                20.0,
                max=600.0,
                unit="s",
                help="Of a visitor of the audience: the whole turn, in the proportions of its phases; 0 leaves them.",
            ),
            Bool("name", True, help="Show the name of a visitor of the audience who gave one for it."),
            Float("rest", 4.0, max=120.0, unit="s", help="The show is alone for so long before somebody comes again."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._stage, self._info, self._mean = stage, stage.generator.info, stage.generator.mean
        stage.params.on_press("lookalike.forget", self._press_forget)
        if self._info.weights is not None:
            side = min(max(self._info.resolution, PORTRAIT[0]), PORTRAIT[1])
            config = VisionConfig(self._info.weights, user_dir("gallery"), side, seed=stage.seed)
            self._tracker = VisitorTracker(config, self._visitors)

    @hookimpl
    def stop(self, stage: Stage) -> None:
        if self._tracker:
            self._tracker.close()
        self._end_turns()
        self._reset()

    @hookimpl
    def handle(self, event: Event, stage: Stage) -> None:
        if isinstance(event, CameraImage) and self._tracker:
            self._tracker.submit(event.picture, event.at)
        elif isinstance(event, ForgetTurn):
            self._forget(event.turn)
        elif isinstance(event, Forget):
            self._reset()

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor | None:
        self._apply_settings(params)
        self._ask_audience(params, frame.dt)
        self._advance_turn(params, frame.dt)
        self._named = bool(params["name"])
        visitor, mix = self._visitor, self._mix
        if visitor is None or mix.present <= 0:
            return None
        goal = self._latent_of(visitor, frame.dt)
        if goal is None:
            return None
        self._stage.privacy.mark()
        # What is shown whole is shown as it is: the truncation that comes after the plugins is undone beforehand.
        undone = undo_truncation(goal, self._mean, float(frame.values["show"]["psi"]))
        whole = torch.lerp(goal, undone, mix.whole)
        shares = row(self._shares(params), latent).view(-1, 1)
        return torch.lerp(latent, whole.expand_as(latent), shares)

    @hookimpl
    def process_image(self, image: Tensor, frame: Frame) -> Tensor | None:
        visitor, mix = self._visitor, self._mix
        named = self._named and visitor is not None and visitor.name_line is not None and mix.present > 0
        if visitor is None or visitor.forgotten or (max(mix.photo, mix.match) <= 0 and not named):
            return None
        self._stage.privacy.mark()
        if mix.photo > 0:
            image = torch.lerp(image, self._image_of("photo", visitor.portrait, image), mix.photo)
        if mix.match > 0 and visitor.match:
            image = torch.lerp(image, self._image_of("match", visitor.match.picture, image), mix.match)
        # The match has another one.
        return self._with_name(image, visitor, mix.present * (1 - mix.along)) if named else image

    @hookimpl
    def describe_visitors(self) -> list[VisitorState]:
        now, on_stage = time.monotonic(), self._visitor
        told = []
        if on_stage is not None and not on_stage.forgotten:
            told.append(VisitorState(self._turn.phase or "waiting", self._phase_s))
        others = [visitor for visitor in self._visitors.visitors() if visitor is not on_stage]
        return told + [
            VisitorState("waiting" if visitor.ready else "searching", now - visitor.seen_at) for visitor in others
        ]

    def _press_forget(self) -> None:
        """Wipe, even if the plugin is bypassed or the picture frozen. The show thread, between two frames."""
        if self._tracker:
            self._tracker.forget()
        self._end_turns()
        self._reset()
        self._stage.params.emit(Forget())

    def _forget(self, turn: AudienceTurn) -> None:
        """Wipe one visitor of the audience."""
        gone = self._visitors.remove(turn)
        if self._coming is turn:
            self._coming = None
        if self._visitor in gone:
            self._reset()
        for visitor in gone:
            visitor.wipe()

    def _end_turns(self) -> None:
        """Give back who is on the way; whoever has begun their turn has had it."""
        visitor, coming = self._visitor, self._coming
        if visitor is not None and visitor.turn is not None:
            visitor.turn.end(shown=True)
        if coming is not None:
            coming.end(shown=False)
            self._visitors.remove(coming)
        self._coming = None

    def _reset(self) -> None:
        """End the turn, and drop all that is left of it."""
        self._visitor, self._mix = None, NOBODY
        self._shown: Tensor | None = None
        self._pictures: dict[str, Tensor] = {}
        self._had_turn: set[int] = set()
        self._alone_s = self._phase_s = 0.0
        self._visitors.clear_current()

    def _apply_settings(self, params: Values) -> None:
        """Pass on what the performer has set."""
        if params["next"]:
            self._turn.end()
        tracker = self._tracker
        if tracker is None:
            return
        tracker.settings = LookalikeSettings(
            bool(params["auto"]), float(params["remember"]), int(params["steps"]), bool(params["farthest"])
        )
        if params["catch"]:
            tracker.catch()
        if params["photo"] != self._photo:
            self._photo = str(params["photo"])
            if self._photo:
                tracker.show_photo(self._photo)

    def _ask_audience(self, params: Values, dt: float) -> None:
        """Let the next one of the audience come, where nobody is on the stage or a turn ends."""
        coming = self._coming
        if coming is not None:
            coming.hold()
            self._coming_s += dt
            if self._coming_s > COMING_S:
                coming.end(shown=False)
            if coming.over or coming.withdrawn:
                self._coming = None
                self._wipe(coming)
            return
        # While one goes, too: those before the camera may follow each other without end.
        if params["audience"] and self._tracker and (self._visitor is None or self._turn.phase == "decay"):
            # Nobody is told that they are on the stage before the processes are there that find a face.
            if not self._stage.audience.open or not self._tracker.warm():
                return
            self._coming, self._coming_s = self._stage.audience.ask(), 0.0
            if self._coming is not None:
                self._tracker.show_turn(self._coming)

    def _wipe(self, turn: AudienceTurn) -> None:
        for visitor in self._visitors.remove(turn):
            visitor.wipe()

    def _advance_turn(self, params: Values, dt: float) -> None:
        """Advance the turn, or begin the next one."""
        visitor = self._visitor
        if visitor is not None and visitor.turn is not None:
            visitor.turn.hold()
            if visitor.turn.withdrawn:
                visitor.wipe()
            elif visitor.turn.hurried:
                self._turn.end()
        if visitor is None or visitor.forgotten or self._turn.over:
            if visitor is not None:
                had = self._had_turn
                self._reset()
                self._had_turn = had | {visitor.number}
                if visitor.turn is not None:
                    visitor.turn.end(shown=True)
                    self._wipe(visitor.turn)
            self._alone_s += dt
            again = bool(params["again"]) and self._alone_s >= float(params["rest"])
            visitor = self._visitor = self._visitors.next_visitor(() if again else self._had_turn)
            if visitor is None:
                return
            self._turn = Turn(short=params["mode"] == "ride")
            if visitor.turn is not None and visitor.turn is self._coming:
                self._coming = None
        seconds = [float(params["photo_s" if name == "photo" else name]) for name in PHASES]
        matched = visitor.match is not None and visitor.match.latent is not None
        phase, lasting = self._turn.phase, PhaseSeconds(*seconds)
        if visitor.turn is not None and params["stay"]:
            lasting = lasting.fit(float(params["stay"]), short=self._turn.short)
        self._mix = self._turn.advance(dt, lasting, matched=matched)
        self._phase_s = self._phase_s + dt if self._turn.phase == phase else 0.0

    def _latent_of(self, visitor: Visitor, dt: float) -> Tensor | None:
        """Return the latent `[num_ws, w_dim]` between visitor and match; it follows the search smoothly."""
        found, match = visitor.latent, visitor.match
        if found is None or found.shape != self._mean.shape:
            return None
        found = found.to(self._mean.device, non_blocking=True)
        if self._shown is None:
            self._shown = found
        else:
            self._shown = torch.lerp(self._shown, found, min(dt / REFINE_S, 1.0))
        along = self._mix.along
        if along <= 0 or match is None or match.latent is None:
            return self._shown
        return lerp(self._shown, match.latent.to(self._mean.device, non_blocking=True), along)

    def _shares(self, params: Values) -> list[float]:
        """Return for each layer how much of it is the visitor's."""
        present, whole = self._mix.present, self._mix.whole
        amounts = {group: float(params[group]) * float(params["amount"]) for group in GROUPS}
        layers = layers_of(self._info.groups, self._info.num_ws, amounts)
        return [present * (amount + (1 - amount) * whole) for amount in layers]

    def _with_name(self, image: Tensor, visitor: Visitor, amount: float) -> Tensor:
        """Return the image with the visitor's name laid over it."""
        if visitor.name_line is None:
            return image
        covered = (self._image_of("name", visitor.name_line, image) + 1) / 2 * amount
        shaded = torch.lerp(image, torch.full_like(image, -1.0), SHADE * covered[:, 1:2])
        return torch.lerp(shaded, torch.ones_like(image), covered[:, :1])

    def _image_of(self, name: str, picture: Pixels, image: Tensor) -> Tensor:
        """Return a picture as an image of the generator's size, `[1, 3, H, W]`; made once for a turn."""
        known = self._pictures.get(name)
        if known is None or known.shape[-2:] != image.shape[-2:]:
            levels = to_tensor(picture).to(image.device)
            size = (image.shape[-2], image.shape[-1])
            smaller = size[0] < levels.shape[-1]
            levels = functional.interpolate(levels, size, mode="bilinear", antialias=smaller)
            known = self._pictures[name] = levels.to(image.dtype)
        return known
