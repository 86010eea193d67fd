"""The root of every error this project raises on purpose."""


class NanoclawError(Exception):
    """Something failed in a way we can explain.

    ``str(error)`` says what failed and on what; ``hint`` says what to do about it, and may be empty. Packages derive
    their own errors from this one; callers branch on the type, never on the text. Neither part ever holds a secret
    or the text of a message.
    """

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint

    def __str__(self) -> str:
        """What failed, without the hint."""
        return str(self.args[0])
