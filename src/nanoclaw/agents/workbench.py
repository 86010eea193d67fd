"""What every agent of an installation is made with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nanoclaw.agents.tools.contract import Caller
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.model.clock import Clock
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings

if TYPE_CHECKING:
    from claude_agent_sdk import McpSdkServerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Given once by the root. ``installation`` is the id that marks this home's sandboxes."""

    home: Home
    settings: Settings
    preparation: Preparation
    gateway: Gateway
    clock: Clock
    installation: str
    make_tools: Callable[[Callable[[], Caller]], "McpSdkServerConfig"] | None = None
    """Makes the tools of one agent, given who says for whom it works."""
