"""Requests as a client sends them, judged by an access of our own."""

from likeness.web.access import Access, Verdict
from likeness.web.codes import Codes, make_codes

PORT = 9001
TABLET = "192.168.0.7"
CODES = make_codes()
LAN_HOST = f"192.168.0.5:{PORT}"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound here
HTML = {"Accept": "text/html,application/xhtml+xml"}


class Headers:
    """Headers as a client sends them, without the checks that those of `websockets` go through when they are set."""

    def __init__(self, *pairs: dict[str, str]) -> None:
        self._sent = [(name.lower(), value) for pair in pairs for name, value in pair.items()]

    def get_all(self, key: str) -> list[str]:
        return [value for name, value in self._sent if name == key.lower()]


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def access(host: str = "127.0.0.1", codes: Codes | None = CODES, clock: Clock | None = None) -> Access:
    return Access(host, PORT, codes, now=clock or Clock(), names={"stage", "stage.local"})


def local(headers: dict[str, str], path: str = "/", *, socket: bool = False, method: str = "GET") -> Verdict:
    return access().judge(path, Headers(headers), "127.0.0.1", socket=socket, method=method)


def remote(
    access: Access, path: str = "/", headers: dict[str, str] | None = None, peer: str = TABLET, socket: bool = False
) -> Verdict:
    return access.judge(path, Headers({"Host": LAN_HOST, **(headers or {})}), peer, socket=socket)
