"""Pictures fitted to screens and files of another shape, and one head to each display."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from likeness.faces.resize import resize
from likeness.outputs.output import Output
from likeness.picture import Alpha, KeptPicture, Picture, dim, heads_of
from likeness.ranges import Fit

# The blurred surround is computed at this share of the frame's sides, and is so much darker than the picture that the
# eye stays on that.
SURROUND_SHARE, SURROUND_SIGMA, SURROUND_GAIN = 1 / 24, 2.0, 0.5
# What is cut off a face that is too high: so much of it above, so that eyes and mouth stay. In an FFHQ cut the eyes are
# at 0.48 of the height and the mouth at 0.75.
CUT_ABOVE = 0.64


def _contain() -> Fit:
    return "contain"


def _unmarked(picture: Picture) -> Picture:
    return picture


@dataclass(frozen=True)
class Fitting:
    """How the pictures of a show fill frames of another shape. The show's thread calls what is in it.

    Args:
        mode: returns how, from now on.
        make_mark: returns what marks the pictures of one output again, where their edges with the show's mark are cut
            off; it returns the same array for the same one.
    """

    mode: Callable[[], Fit] = _contain
    make_mark: Callable[[], Callable[[Picture], Picture]] = lambda: _unmarked


CONTAINED = Fitting()


@dataclass(frozen=True)
class Place:
    """Where a copy of the picture stands in a frame, in px; parts of it may lie outside."""

    x: int
    y: int
    width: int
    height: int
    flip_x: bool = False
    flip_y: bool = False

    @property
    def rect(self) -> tuple[int, int, int, int]:
        """Left, top, width and height."""
        return self.x, self.y, self.width, self.height


def fit(size: tuple[int, int], into: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return `(x, y, width, height)` of a picture of `size`, as large as it goes `into` a frame and in its middle.

    Args:
        size: width and height of the picture, pixels.
        into: width and height of the frame, pixels.
    """
    scale = min(into[0] / size[0], into[1] / size[1])
    width, height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return (into[0] - width) // 2, (into[1] - height) // 2, width, height


def place_copies(size: tuple[int, int], into: tuple[int, int], mode: Fit) -> list[Place]:
    """Return where copies of a picture of `size` stand in a frame of `into` (width, height); the whole one is first.

    To cover the frame, `crop` the picture and stretch what it returns.
    """
    if mode in ("stretch", "cover"):
        return [Place(0, 0, *into)]
    x, y, width, height = fit(size, into)
    places = [Place(x, y, width, height)]
    if mode in ("mirror", "tile"):
        # Of the two, one is 0: a picture that is fitted touches two sides of its frame.
        across, down = -(-(into[0] - width - x) // width), -(-(into[1] - height - y) // height)
        for number in range(1, max(across, down) + 1):
            flip = mode == "mirror" and number % 2 == 1
            for side in (-number, number):
                if across:
                    places.append(Place(x + side * width, y, width, height, flip_x=flip))
                else:
                    places.append(Place(x, y + side * height, width, height, flip_y=flip))
    return places


def fit_picture(picture: Picture, into: tuple[int, int], mode: Fit = "contain") -> Picture:
    """Return `picture`, with or without alpha, in a frame of `into` (width, height); itself where it has that size."""
    height, width = picture.shape[:2]
    if (width, height) == into:
        return picture
    if mode == "stretch":
        return resize(picture, *into)
    if mode == "cover":
        return resize(crop(picture, into), *into)
    frame: Picture
    if mode == "contain":
        frame = np.zeros((into[1], into[0], picture.shape[2]), np.uint8)
    elif mode == "blur":
        frame = resize(blur_surround(picture, into), *into, enlarge=cv2.INTER_LINEAR)
    else:
        frame = np.empty((into[1], into[0], picture.shape[2]), np.uint8)
    places = place_copies((width, height), into, mode)
    whole = resize(picture, places[0].width, places[0].height)
    for place in places:
        _paste(frame, whole, place)
    return frame


def letterbox(picture: Picture, into: tuple[int, int]) -> Picture:
    """Return `picture` scaled to a frame of `into` (width, height) with black bars; itself where it fits already."""
    return fit_picture(picture, into)


def pad_to_even(picture: Picture) -> Picture:
    """Return `picture` with an even width and height, as codecs want them, its edge repeated; itself where it has."""
    height, width = picture.shape[:2]
    if width % 2 or height % 2:
        picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return picture


def blur_surround(picture: Picture, into: tuple[int, int]) -> Picture:
    """Return what stands around `picture` in a frame of `into`: itself, large, blurred and dark; a small picture."""
    wide, high = (max(2, round(side * SURROUND_SHARE)) for side in into)
    small = resize(crop(picture, into), wide, high)
    return dim(np.asarray(cv2.GaussianBlur(small, (0, 0), SURROUND_SIGMA), np.uint8), SURROUND_GAIN)


def crop(picture: Picture, into: tuple[int, int]) -> Picture:
    """Return what of `picture` covers a frame of the shape of `into`: the middle, or a little below it; a view."""
    height, width = picture.shape[:2]
    scale = max(into[0] / width, into[1] / height)
    wide, high = min(width, max(1, round(into[0] / scale))), min(height, max(1, round(into[1] / scale)))
    left, top = (width - wide) // 2, round((height - high) * CUT_ABOVE)
    return picture[top : top + high, left : left + wide]


def _paste(frame: Picture, whole: Picture, place: Place) -> None:
    """Copy `whole` to its place in `frame`, flipped as it says; what lies outside is left out."""
    high, wide = frame.shape[:2]
    left, right = max(place.x, 0), min(place.x + place.width, wide)
    top, bottom = max(place.y, 0), min(place.y + place.height, high)
    if left >= right or top >= bottom:
        return
    first, last = left - place.x, right - place.x
    if place.flip_x:
        first, last = place.width - last, place.width - first
    upper, lower = top - place.y, bottom - place.y
    if place.flip_y:
        upper, lower = place.height - lower, place.height - upper
    part = whole[upper:lower, first:last]
    if place.flip_x or place.flip_y:
        # numpy's own reversal of rows took 10 ms at 1920x1080.
        cv2.flip(np.ascontiguousarray(part), 1 if place.flip_x else 0, frame[top:bottom, left:right])
    else:
        frame[top:bottom, left:right] = part


class FittedOutput:
    """Passes pictures on to `inner`, each head fitted to `width` x `height` px.

    A picture that comes again is the same array again, so that whoever writes it sees that nothing changed.
    """

    def __init__(self, inner: Output, width: int, height: int, heads: int = 1, fitting: Fitting = CONTAINED) -> None:
        self.name = inner.name
        self.inner, self._size, self._heads = inner, (width, height), heads
        self._fitting, self._mark, self._fitted = fitting, fitting.make_mark(), KeptPicture()

    def show(self, picture: Picture, at: float) -> None:
        """Fit `picture` and pass it on."""
        mode = self._fitting.mode()
        fitted = self._fitted.get(picture, mode, lambda: self._fit(picture, mode))
        self.inner.show(self._mark(fitted) if mode == "cover" else fitted, at)

    def close(self) -> None:
        """Close the inner output."""
        self._fitted.forget()
        self.inner.close()

    def _fit(self, picture: Picture, mode: Fit) -> Picture:
        fitted = [fit_picture(head, self._size, mode) for head in heads_of(picture, self._heads)]
        return fitted[0] if len(fitted) == 1 else np.concatenate(fitted, axis=1)


class AlphaOutput:
    """Passes pictures on with an alpha channel, `[height, width, 4]`, not multiplied by it.

    Attributes:
        alpha: of the next picture; None is opaque.
    """

    def __init__(self, inner: Output) -> None:
        self.name = inner.name
        self.inner = inner
        self.alpha: Alpha | None = None

    def show(self, picture: Picture, at: float) -> None:
        """Put both together and pass them on."""
        alpha, (height, width) = self.alpha, picture.shape[:2]
        if alpha is None:
            alpha = np.full((height, width), 255, np.uint8)
        elif alpha.shape != (height, width):  # a plugin has made the picture larger
            alpha = resize(alpha, width, height)
        self.inner.show(np.dstack([picture, alpha]), at)

    def close(self) -> None:
        """Close the inner output."""
        self.alpha = None
        self.inner.close()


class Screens:
    """Passes each head of a row on to an output of its own, from left to right. Main thread only.

    Args:
        screens: as many as there are heads.
    """

    def __init__(self, screens: Sequence[Output]) -> None:
        self.name = " and ".join(screen.name for screen in screens)
        self._screens = screens
        self._row: Picture | None = None
        self._heads: list[Picture] = []

    def show(self, picture: Picture, at: float) -> None:
        """Show each screen its head of `picture` `[height, heads * width, 3]`, for the same array the same ones."""
        if picture is not self._row:
            self._row, self._heads = picture, heads_of(picture, len(self._screens))
        for screen, head in zip(self._screens, self._heads, strict=True):
            screen.show(head, at)

    def close(self) -> None:
        """Close them all, also where one fails to.

        Raises:
            Exception: what the last of them raised that failed.
        """
        failed: Exception | None = None
        for screen in self._screens:
            try:
                screen.close()
            except Exception as error:  # noqa: BLE001 - a driver may raise anything, and the others are still open
                failed = error
        if failed is not None:
            raise failed
