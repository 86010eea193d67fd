"""Names for files that came from elsewhere: nothing in them steers a terminal, a shell or a file system."""

import re
import unicodedata

_LONGEST = 100
_UNSAFE = re.compile(r'[/\\:*?"<>|\s]+')
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A file name of at most 100 bytes, made of what ``name`` has of letters and signs that can do no harm."""
    text = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode("utf-8"))
    text = "".join(char for char in text if unicodedata.category(char) not in _HIDDEN or char.isspace())
    text = _UNSAFE.sub("_", text.strip()).lstrip(".-_ ").rstrip(". ")
    suffix = found[0] if (found := _SUFFIX.search(text)) else ""
    stem = text.removesuffix(suffix)
    while len((stem + suffix).encode()) > _LONGEST:
        stem = stem[:-1]
    short = stem + suffix
    return f"file-{short}".rstrip("-") if not stem or _RESERVED.fullmatch(short) else short
