"""What every agent of an installation is made with."""

from dataclasses import dataclass

from nanoclaw.gateway.gateway import Gateway
from nanoclaw.model.clock import Clock
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Given once by the root. ``installation`` is the id that marks this home's sandboxes."""

    home: Home
    settings: Settings
    preparation: Preparation
    gateway: Gateway
    clock: Clock
    installation: str
