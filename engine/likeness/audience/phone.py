"""A phone as a program: it fills the form in and sends a photo, for tries, tests and measurements."""

from __future__ import annotations

import http.cookiejar
import re
import secrets
import urllib.request
from collections.abc import Mapping

_SIGNATURE = re.compile(r'name="form" value="([0-9a-f]+)"')
TIMEOUT_S = 60.0


def send_photo(url: str, photo: bytes, *, stage: bool = True, language: str = "en") -> str:
    """Send a photo as a phone does that is here for the first time; return the address of the visitor's page.

    Args:
        url: of the form.
        photo: the bytes of the file.
        stage: whether to tick that it may be shown on the stage.
        language: of the page.

    Raises:
        OSError: the server refuses, or is not there.
    """
    phone = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    with phone.open(f"{url}?lang={language}", timeout=TIMEOUT_S) as page:
        token = _SIGNATURE.search(page.read().decode())
    fields = {"lang": language, "form": token[1] if token else "", "agree-compare": "yes"}
    if stage:
        fields["agree-stage"] = "yes"
    body, boundary = encode_form(fields, photo)
    request = urllib.request.Request(f"{url}send", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    with phone.open(request, timeout=TIMEOUT_S) as page:
        return str(page.geturl())


def encode_form(fields: Mapping[str, str], photo: bytes, name: str = "photo.jpg") -> tuple[bytes, str]:
    """Return a form with a photo as multipart/form-data, and its boundary."""
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    parts = "".join(f'{head}"{key}"\r\n\r\n{value}\r\n' for key, value in fields.items())
    file = f'{head}"photo"; filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'
    return f"{parts}{file}".encode() + photo + f"\r\n--{boundary}--\r\n".encode(), boundary
