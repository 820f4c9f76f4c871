"""Picture taking: gives a cue the small picture of what was shown when it was stored, or when it arrived."""

from collections.abc import Callable

from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.bank import Cue
from likeness.cues.past_pictures import PastPictures
from likeness.picture import Drawn

# A face this near to the recalled one, as a share of its length, is that face after a frame or two of motion. One that
# is further off was led elsewhere: by the scrub fader, a hand, or weights of another shape.
NEAR = 0.05


def _no_picture() -> Drawn | None:
    return None


class PictureTaking:
    """Gives cues their faces and pictures, never a picture that shows a visitor: such a cue has none until a recall.

    The render thread calls `take` and `take_arrived` from a `Capture`, before it draws: there the newest picture is
    the one of the latent that is captured. They keep a reference; the writer's thread encodes it.

    Args:
        writer: saves the cues.
        newest: returns the newest picture before the master, None where nothing is drawn. Any thread.
        seen: returns the picture that is seen, which is an older one while it is frozen. Any thread.
        past: the pictures of the past.
    """

    def __init__(
        self,
        writer: BackgroundWriter,
        newest: Callable[[], Drawn | None] = _no_picture,
        seen: Callable[[], Drawn | None] = _no_picture,
        past: PastPictures | None = None,
    ) -> None:
        self._writer, self._newest, self._seen, self._past = writer, newest, seen, past

    def take(self, cue: Cue, latent: Tensor, time: float | None) -> None:
        """Give `cue` its face and its picture: those that are seen now, or those of the past.

        Args:
            cue: that is stored.
            latent: `[num_ws, w_dim]`, of `time` or of the newest frame; the cue's face where none is seen.
            time: of the show; None is now. The nearest picture of the past is taken, where there is one.
        """
        if time is not None:
            cue.face.set(latent)
            cue.picture.set_thumbnail(self._past.thumbnail_at(time) if self._past else None)
            return
        seen = self._seen()
        face = None if seen is None or seen.private else seen.face
        # Another generator may have come under a frozen picture, with faces of another shape.
        if seen is None or face is None or face.shape != latent.shape:
            cue.face.set(latent)
            return
        cue.face.set(face.clone())
        cue.picture.set_source(seen.picture)

    def take_arrived(self, cue: Cue, shown: Tensor, save: Callable[[Cue], None]) -> None:
        """Give `cue`, whose recall has ended, the picture of now, and save it, if `shown` is its face.

        Args:
            cue: without a picture.
            shown: the latent `[num_ws, w_dim]` of the newest picture.
            save: writes the cue.
        """
        drawn = self._newest()
        if drawn is None or drawn.private:
            return

        def compare() -> None:
            # On the writer's thread, since it waits for the device.
            if _is_near(cue.face.latent, shown):
                cue.picture.set_source(drawn.picture)
                save(cue)

        self._writer.submit("the picture of a recalled cue", compare)


def _is_near(face: Tensor | None, shown: Tensor) -> bool:
    if face is None or face.shape != shown.shape:
        return False
    face, shown = face.float().cpu(), shown.float().cpu()
    return bool((shown - face).norm() <= NEAR * face.norm())
