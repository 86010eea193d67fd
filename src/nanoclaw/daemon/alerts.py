"""Alerts of the daemon: what is secret in its texts, and where troubles of the desk itself are noted."""

from pydantic import SecretStr

from nanoclaw.daemon.ground import Ground
from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.desk import AlertDesk, DeskHands
from nanoclaw.operations.alerts.routes import Routes, find_routes
from nanoclaw.operations.logs.redaction import Redactor
from nanoclaw.settings.schema import Upstream
from nanoclaw.store.groups import Groups


def open_desk(ground: Ground, groups: Groups) -> AlertDesk:
    """The alerts of this home.

    Raises:
        SettingsError: ``.env`` is unreadable.
    """
    routes = find_routes(ground.home, ground.settings.alerts)
    redactor = Redactor(known_secrets(ground.upstream, routes))
    return AlertDesk(
        Book(ground.home), routes, ground.clock, DeskHands(conceal=redactor.text, note=groups.note_trouble)
    )


def known_secrets(upstream: Upstream, routes: Routes) -> list[str]:
    """Everything that must not be written anywhere."""
    credential = upstream.credential
    found: list[SecretStr | None] = [upstream.proxy]
    if credential is not None:
        found += [credential.api_key, credential.oauth_token]
    upstreams = [secret.get_secret_value() for secret in found if secret is not None]
    return [*upstreams, *(secret for way in routes.ways for secret in way.secrets)]
