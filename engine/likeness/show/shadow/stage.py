"""A show's two ends of a shadow: it follows another machine, and is followed by others."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from likeness.options import Options
from likeness.parameters.journal import Entry
from likeness.parameters.modulation import Modulation
from likeness.parameters.store import ParamStore
from likeness.show.clock import Clock, FixedClock, RealClock
from likeness.show.loop import BeforeFrame, Loop
from likeness.show.preset_morph import PresetMorph
from likeness.show.renderer import Renderer
from likeness.show.shadow.following import Following
from likeness.show.shadow.link import name_leader, parse_leader
from likeness.show.shadow.rival import RivalWatch
from likeness.show.shadow.sender import TakeSender
from likeness.show.shadow.standing import Standing
from likeness.tempo.transport import BeatSource, Transport


class ShadowStage:
    """Follows a leader until that is silent, and leads others. The show's thread, but for `counters`.

    Args:
        leader: what is followed, where it is that.
        options: of the show; `shadow` names the other machine, which is watched while this one plays alone.
        store: of the show.

    Attributes:
        sender: to those who follow, from `connect` on.
        over: set where the show has come to its end by itself: who follows it ends, too, and does not play on.
        steps_back: whether the other machine leads, so that this show has ended to follow it. Any thread.
    """

    def __init__(self, leader: object, options: Options, store: ParamStore) -> None:
        self._leader = leader if isinstance(leader, Following) else None
        self._options, self._store = options, store
        self._rival: RivalWatch | None = None
        self._loop: Loop | None = None
        self.sender: TakeSender | None = None
        self.over = self.steps_back = False

    @property
    def beats(self) -> list[BeatSource]:
        """Return the beat of the leader."""
        return [self._leader] if self._leader else []

    def make_clock(self, fps: float) -> Clock:
        """Return the clock of the show: the leader's while there is one."""
        offline = self._options.offline
        if self._leader is not None:
            return self._leader.make_clock(fps, offline=offline)
        return FixedClock(fps) if offline else RealClock(fps)

    def add_to(self, stages: BeforeFrame) -> BeforeFrame:
        """Return `stages` with the playing of the leader's frames."""
        leader, record = self._leader, stages.record
        if leader is None:
            return stages

        def settle(time: float, beat: float) -> None:
            leader.settle()
            record(time, beat)

        return replace(stages, take=leader.advance, record=settle)

    def connect(
        self,
        loop: Loop,
        transport: Transport,
        renderer: Renderer,
        modulation: Modulation,
        morph: PresetMorph,
        describe_take: Callable[[], dict[str, Any]],
        end: Callable[[], None],
    ) -> Callable[[Sequence[Entry]], None]:
        """Begin to follow or to lead, before the first frame; return what is called with what each frame took.

        Args:
            loop, transport, renderer, modulation, morph: of the show.
            describe_take: returns the first line of a take that begins now.
            end: ends the show. Any thread.
        """
        self._loop, self._end = loop, end
        standing = Standing(self._store, modulation, morph, loop)
        sender = TakeSender(self._store, loop.clock, transport, describe_take, standing.describe)
        self.sender, renderer.on_shown = sender, sender.put_face
        if self._leader is None:
            self._lead()
        else:
            loop.outputs.held_back = True
            renderer.find_instead = self._leader.find_shown
            self._leader.connect(self._store, standing)
            self._leader.on_alone, self._leader.on_over = self._play_alone, self._end_with_leader
        return sender.advance

    def counters(self) -> dict[str, dict[str, int | str]]:
        """Return what there is of other machines, for the status; nothing where none was ever there. Any thread."""
        sender, leader, rival = self.sender, self._leader, self._rival
        if sender is None:
            return {}
        told: dict[str, int | str] = {}
        if leader is not None:
            told = {"follows" if leader.active else "took over from": leader.link.name}
        if rival is not None and rival.there:
            told["rival"] = name_leader(parse_leader(str(self._options.shadow)))
        if sender.count or sender.lost:
            told["shadows"] = sender.count
        return {"shadow": told} if told else {}

    def close(self) -> None:
        """Let go of all other machines. Safe to call twice."""
        if self._rival is not None:
            self._rival.close()
        if self.sender is not None:
            self.sender.close(over=self.over)
        if self._leader is not None:
            self._leader.close()

    def _play_alone(self) -> None:
        loop = self._loop
        assert loop is not None
        loop.outputs.held_back = False
        # At once; the next one is yet to be drawn.
        loop.outputs.show(loop.shown, loop.stats.at, drawn=loop.drawn is not None)
        self._lead()

    def _lead(self) -> None:
        assert self.sender is not None
        self.sender.lead()
        if self._options.shadow is not None:
            self._rival = RivalWatch(parse_leader(self._options.shadow), self.sender, self._step_back)
            self._rival.start()

    def _end_with_leader(self) -> None:
        self.over = True
        self._end()

    # On the rival watch's thread.
    def _step_back(self) -> None:
        self.steps_back = True
        self._end()
