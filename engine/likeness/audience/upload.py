"""The form with a photo, read into memory and never to the disk, and no further than a photo is large."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from likeness.audience.photo_decoder import MOST_BYTES
from likeness.audience.states import Reason

# Beside the photo: names of fields, ticks, the form's signature.
FORM_BYTES = 20_000
MOST_FIELD = 2_000
# A browser shows an answer only when it has sent everything: so much of a photo that is too large is let go by.
DRAINED_BYTES = 200_000_000


@dataclass(frozen=True)
class Upload:
    """What came with the form.

    Args:
        fields: by name.
        photo: the bytes of the file; empty where none was chosen.
        refusal: why the form could not be read; then the rest is empty.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    photo: bytes = field(default=b"", repr=False)
    refusal: Reason | None = None


class _TooLargeError(Exception):
    pass


class _InMemory(MultiPartParser):
    """Keeps files in memory: what lay on the disk for a moment would be found there after its deletion."""

    spool_max_size = 2 * (MOST_BYTES + FORM_BYTES)


async def read_upload(request: Request) -> Upload:
    """Read the form.

    Raises:
        ClientDisconnect: the phone hung up.
    """
    parser = _InMemory(request.headers, _bounded(request), max_files=1, max_fields=8, max_part_size=MOST_FIELD)
    try:
        form = await parser.parse()
    except _TooLargeError:
        return Upload(refusal=Reason.TOO_LARGE)
    except (MultiPartException, KeyError, ValueError):
        return Upload(refusal=Reason.NO_FILE)
    try:
        file = form.get("photo")
        photo = await file.read() if isinstance(file, UploadFile) else b""
        chosen = isinstance(file, UploadFile) and bool(file.filename)
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return Upload(fields, photo) if chosen else Upload(fields, refusal=Reason.NO_FILE)
    finally:
        await form.close()


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body as far as a photo is large; let the rest go by.

    Raises:
        _TooLargeError: there was more.
    """
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken <= MOST_BYTES + FORM_BYTES:
            yield chunk
        elif taken > DRAINED_BYTES:
            break
    if taken > MOST_BYTES + FORM_BYTES:
        raise _TooLargeError
