"""The configuration and the key file are closed to others."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.modes import find_loose, judge_modes
from nanoclaw.settings.home import Home


def places(home: Home) -> list[Path]:
    """What is looked at."""
    return [home.config, home.env_file]


async def _look(ground: Ground) -> Sequence[Finding]:
    home = ground.existing_home()
    loose = await asyncio.to_thread(lambda: find_loose(places(home)))
    return judge_modes(loose, home, Words("config.toml and .env are yours alone", "config.toml 与 .env 仅所有者可访问"))


CONFIGURATION_MODES = Check(
    id="configuration-modes",
    section=Section.SECURITY,
    title=Words("Configuration private", "配置文件权限"),
    why=Words("The key is in there.", "其中保存着密钥。"),
    look=_look,
)
