"""Words as systemd's unit files want them. See systemd.syntax(7) and systemd.service(5)."""

import unicodedata

from nanoclaw.operations.service.errors import UnfitServiceError


def word(text: str) -> str:
    """One word of a list of words, such as ``ReadWritePaths=`` or ``Environment=``."""
    return f'"{_plain(text).replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"'


def argument(text: str) -> str:
    """One argument of ``ExecStart=``, where also ``$`` means something."""
    return word(text).replace("$", "$$")


def rest_of_line(text: str) -> str:
    """A value that goes to the end of its line, such as ``WorkingDirectory=``: not quoted, only ``%`` means something.

    Raises:
        UnfitServiceError: it begins or ends in a way that such a value cannot have.
    """
    if text != text.strip() or text.endswith("\\"):
        raise UnfitServiceError(
            f"The path {text!r} ends or begins with what a unit file cannot hold",
            hint="Use a home folder whose path has no space or backslash at its end.",
        )
    return _plain(text)


def _plain(text: str) -> str:
    """With ``%`` doubled.

    Raises:
        UnfitServiceError: it holds control characters, or is no Unicode text.
    """
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise UnfitServiceError(
            f"The path {text!a} holds characters that a unit file cannot hold",
            hint="Use a home folder whose path has no control characters and is valid UTF-8.",
        )
    return text.replace("%", "%%")
