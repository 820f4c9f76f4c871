"""Standing of a show in a frame: time, values on their way, modulators, morph, master; another one goes on from it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from likeness.errors import InputError, ParamError
from likeness.parameters.modulation import Modulation
from likeness.parameters.store import ParamStore
from likeness.params import Trigger
from likeness.show.preset_morph import PresetMorph

if TYPE_CHECKING:
    from likeness.show.loop import Loop


@dataclass(frozen=True)
class Standing:
    """Reads how a show stands, and brings another one there. The show's thread, after the frame has taken its edits.

    The rack, the weights and the face are not in it: they come with the take. Nor is what a plugin has summed up, the
    past, or a recall that waits for its beat.

    Args:
        store, modulation, morph, loop: of the show.
    """

    store: ParamStore
    modulation: Modulation
    morph: PresetMorph
    loop: "Loop"

    def describe(self) -> dict[str, Any]:
        """Return it as plain JSON for `resume`."""
        return {
            "time": self.loop.time,
            "level": self.loop.master.level,
            "values": {
                address: state.describe()
                for address, state in self.store.states()
                if not isinstance(state.param, Trigger)
            },
            "modulators": self.modulation.describe(),
            "morph": self.morph.describe(),
        }

    def resume(self, standing: Mapping[str, Any]) -> None:
        """Stand so. A parameter that is not here, or does not take its value, stays as it is.

        Raises:
            InputError: it is not what `describe` returned.
        """
        try:
            values = standing["values"]
            for address, state in self.store.states():
                wanted = values.get(address)
                if wanted is not None and wanted != state.describe():
                    # It may be of another version of its plugin, which the start of the show has warned of.
                    with suppress(ParamError):
                        state.resume(*wanted)
            if standing["modulators"] != self.modulation.describe():
                self.modulation.resume(standing["modulators"])
            self.morph.resume(standing["morph"])
            self.loop.time, self.loop.master.level = float(standing["time"]), float(standing["level"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"how the other show stands cannot be read: {error!r:.200}") from error
        finally:
            self.store.refresh()
