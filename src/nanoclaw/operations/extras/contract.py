"""Which channel needs which packages."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from nanoclaw.model.errors import NanoclawError


class ExtraError(NanoclawError):
    """What a channel needs is not there, and could not be installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """The extra of ``pyproject.toml`` that is named like the channel."""

    name: str
    title: str
    packages: tuple[str, ...]
    """The distributions that it names itself; what these need in turn comes with them."""


EXTRAS = {
    extra.name: extra
    for extra in (
        Extra(name="telegram", title="Telegram", packages=("python-telegram-bot", "segno")),
        Extra(name="whatsapp", title="WhatsApp", packages=("neonize", "segno")),
    )
}


def lacking(extra: Extra) -> tuple[str, ...]:
    """The packages that it names and that are not installed."""
    return tuple(package for package in extra.packages if not _is_there(package))


def _is_there(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
