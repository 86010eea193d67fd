"""The bot's token is there, and nobody else can read it; with --live, Telegram accepts it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.credential import NoTokenError, read_token, token_path
from nanoclaw.channels.telegram.options import parse_options
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine, skipped
from nanoclaw.operations.doctor.ground import Ground

_TELEGRAM = "telegram"
_AUTH = Words("Run: nanoclaw auth telegram.", "请运行：nanoclaw auth telegram。")


def judge(folder: Path, table: Mapping[str, Any]) -> Finding:
    """The token as it lies on the disk."""
    try:
        token = read_token(token_path(folder, parse_options(table).token_file))
    except NoTokenError as failure:
        return error(Words(str(failure), f"没有可用的机器人令牌：{failure}"), _todo(failure))
    except ChannelError as failure:
        return error(Words(str(failure), f"渠道配置有误：{failure}"), _todo(failure))
    return fine(Words(f"of the bot {token.bot}, readable by you alone", f"机器人 {token.bot}，仅所有者可读"))


def _todo(failure: ChannelError) -> Words:
    if not failure.hint:
        return _AUTH
    return Words(failure.hint, f"请运行 nanoclaw auth telegram，或按提示处理：{failure.hint}")


def _ask(folder: Path, table: Mapping[str, Any]) -> Finding:
    """The token as Telegram sees it."""
    try:
        from nanoclaw.channels.telegram.introduction import introduce  # noqa: PLC0415 - its library may be missing
    except ImportError:
        return skipped(Words("python-telegram-bot is not installed", "未安装 python-telegram-bot"))
    options = parse_options(table)
    try:
        name = introduce(read_token(token_path(folder, options.token_file)), options)
    except ChannelError as failure:
        return skipped(Words(f"Telegram cannot be asked: {failure}", f"无法询问 Telegram：{failure}"))
    if name is None:
        return error(Words("Telegram does not accept the token", "Telegram 不接受该令牌"), _AUTH)
    return fine(Words(f"Telegram accepts it: @{name}", f"Telegram 接受该令牌：@{name}"))


async def _look(ground: Ground) -> Sequence[Finding]:
    table = ground.known_settings().enabled_channels.get(_TELEGRAM)
    if table is None:
        raise NotKnownError(Words("the Telegram channel is not enabled", "未启用 Telegram 渠道"))
    folder = ground.home.channel(_TELEGRAM)
    found = [await asyncio.to_thread(judge, folder, table)]
    if ground.live and found[0].todo is None:
        found.append(await asyncio.to_thread(_ask, folder, table))
    return found


TELEGRAM_TOKEN = Check(
    id="telegram-token",
    section=Section.CHANNELS,
    title=Words("Telegram token", "Telegram 令牌"),
    why=Words(
        "Without its token the bot is deaf; with it, anybody is the bot.",
        "没有令牌机器人无法工作；令牌泄露则任何人都能冒充它。",
    ),
    look=_look,
)
