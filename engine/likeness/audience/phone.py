"""A phone as a program: it fills the form in and sends a photo, for tries, tests and measurements."""

from __future__ import annotations

import html
import http.cookiejar
import re
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

_HIDDEN = re.compile(r'type="hidden" name="([\w-]+)" value="([^"]*)"')
_MESSAGE = re.compile(r'role="alert">\s*(?:<p>)?(.*?)<', re.DOTALL)
TIMEOUT_S = 60.0
# The page asks to wait a minute; who is in a hurry is let in as well.
AGAIN_S = 5.0
# Too fast, and what is the house's fault: these pages ask to send the photo again.
_PASSES = (429, 503)


def send_photo(url: str, photo: bytes, *, stage: bool = True, language: str = "en", tries: int = 1) -> str:
    """Send a photo as a phone does that is here for the first time; return the address of the visitor's page.

    Args:
        url: of the form.
        photo: the bytes of the file.
        stage: whether to tick that it may be shown on the stage.
        language: of the page.
        tries: how often the same form is sent while the page asks for that, or nobody answers.

    Raises:
        OSError: the server refuses, with its words, or is not there.
    """
    phone = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    with phone.open(f"{url}?lang={language}", timeout=TIMEOUT_S) as page:
        fields = {**find_hidden_fields(page.read().decode()), "lang": language, "agree-compare": "yes"}
    if stage:
        fields["agree-stage"] = "yes"
    body, boundary = encode_form(fields, photo)
    request = urllib.request.Request(f"{url}send", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    while True:
        tries -= 1
        try:
            with phone.open(request, timeout=TIMEOUT_S) as page:
                return str(page.geturl())
        except urllib.error.HTTPError as error:
            with error:
                found = _MESSAGE.search(error.read().decode(errors="replace"))
            if error.code not in _PASSES or tries < 1:
                raise OSError(f"{html.unescape(found[1]) if found else error} (status {error.code})") from error
        except OSError:
            if tries < 1:
                raise
        time.sleep(AGAIN_S)


def find_hidden_fields(page: str) -> dict[str, str]:
    """Return what the forms of a page send without being asked."""
    return dict(_HIDDEN.findall(page))


def encode_form(fields: Mapping[str, str], photo: bytes, name: str = "photo.jpg") -> tuple[bytes, str]:
    """Return a form with a photo as multipart/form-data, and its boundary."""
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    parts = "".join(f'{head}"{key}"\r\n\r\n{value}\r\n' for key, value in fields.items())
    file = f'{head}"photo"; filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'
    return f"{parts}{file}".encode() + photo + f"\r\n--{boundary}--\r\n".encode(), boundary
