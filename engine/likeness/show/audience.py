"""The audience in a show: visitors of its server come to the plugin that wants them, and go where they must."""

from typing import Any

from likeness.events import AudienceTurn, ForgetTurn
from likeness.inputs.audience.client import open_audience_client
from likeness.inputs.audience.link import AudienceLink
from likeness.options import Options
from likeness.parameters.store import ParamStore
from likeness.stage import Audience


class AudienceStage:
    """Opens the link to the server, where the options name one, and closes it in `close`.

    Args:
        options: of the show.
        store: gets the event that wipes a visitor.

    Raises:
        InputError: the address or the key is none.

    Attributes:
        audience: for plugins; without a server nobody ever comes.
    """

    def __init__(self, options: Options, store: ParamStore) -> None:
        self.audience, self._store = Audience(), store
        self._link: AudienceLink | None = None
        if options.offline or options.audience is None:
            return
        client = open_audience_client(options.audience, options.audience_key)
        self._link = AudienceLink(client, self.audience, self._withdraw)
        self.audience.open = True
        self._link.start()

    def counters(self) -> dict[str, dict[str, int | str]]:
        """Return what the status says of the link, nothing where there is none. Any thread."""
        state = None if self._link is None else self._link.state()
        if state is None:
            return {}
        words = state.trouble or ("somebody is on the stage" if state.on_stage else "nobody is on the stage")
        return {"audience": {"server": state.url, "state": words, "waiting": state.waiting, "ready": state.ready}}

    def describe(self) -> dict[str, Any]:
        """Return what a desk shows of the link, ready for `json.dumps`; nothing of who it is. Any thread."""
        if self._link is None:
            return {"on": False}
        state = self._link.state()
        return {
            "on": True,
            "trouble": state.trouble,
            "waiting": state.waiting,
            "ready": state.ready,
            "on_stage": state.on_stage,
            "operator": f"{state.url}operator",
        }

    def close(self) -> None:
        """Close the link; who is on the stage goes back to the server."""
        if self._link is not None:
            self._link.close()

    def _withdraw(self, turn: AudienceTurn) -> None:
        self._store.post(ForgetTurn(turn))
