"""Which routes there are: names from the configuration, addresses from ``.env``."""

from collections.abc import Sequence
from dataclasses import dataclass

from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.contract import AlertError, Level, Route
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError, load_alert_settings, load_alert_urls
from nanoclaw.settings.schema import AlertSettings

_USUAL = "NANOCLAW_ALERT_URL"
"""What is tried when the configuration cannot be read and never could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """What is told outside, and how."""

    least: Level
    repeat: int
    """Milliseconds for which the same trouble is not told again."""
    names: tuple[str, ...]
    ways: tuple[Route, ...]

    @property
    def unset(self) -> tuple[str, ...]:
        """Variables that are named and have no value."""
        found = {way.name for way in self.ways}
        return tuple(name for name in self.names if name not in found)


def find_routes(home: Home, settings: AlertSettings) -> Routes:
    """The routes of a configuration.

    Raises:
        SettingsError: ``.env`` is unreadable.
    """
    return _routes(home, settings, settings.urls)


def routes_in_trouble(home: Home) -> Routes:
    """The routes of a home whose configuration may be broken: those that were good last, else the usual variable."""
    settings = load_alert_settings(home)
    try:
        names: Sequence[str] = settings.urls if settings else Book(home).read().known_routes or [_USUAL]
        return _routes(home, settings or AlertSettings(), names)
    except (SettingsError, AlertError):
        return Routes(least=Level.WARNING, repeat=0, names=(), ways=())


def _routes(home: Home, settings: AlertSettings, names: Sequence[str]) -> Routes:
    found = load_alert_urls(home, names)
    return Routes(
        least=Level(settings.level),
        repeat=int(settings.repeat_hours * 3_600_000),
        names=tuple(names),
        ways=tuple(Route(name=name, url=url) for name, url in found.items()),
    )
