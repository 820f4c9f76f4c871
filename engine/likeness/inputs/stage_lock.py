"""The stage lock: one machine that plays alone until it gives the stage back."""

from likeness.errors import InputError


class StageLock:
    """Who has locked the stage, by `/lock`. Any thread: one attribute, replaced as a whole.

    Attributes:
        holder: the address of the machine that plays alone, or None.
    """

    def __init__(self) -> None:
        self.holder: str | None = None

    def check(self, host: str) -> None:
        """Refuse everybody but the holder.

        Raises:
            InputError: where another machine has locked the stage.
        """
        if self.holder is not None and host != self.holder:
            raise InputError(f"the stage is locked by {self.holder}; nobody else is heard until it sends /unlock")
