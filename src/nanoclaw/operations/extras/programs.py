"""What channels can use that no Python package brings, and what works without it."""

import sys
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from shutil import which


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """A library or a program of the operating system. Words for people, without a full stop."""

    name: str
    channel: str
    is_there: Callable[[], bool]
    without: str
    without_zh: str
    packages: tuple[tuple[str, str], ...]
    """By the beginning of ``sys.platform``, how to install it."""

    def how(self, platform: str = sys.platform) -> str:
        """How to install it here."""
        return next((way for start, way in self.packages if platform.startswith(start)), "")


HELPERS = (
    Helper(
        name="libmagic",
        channel="whatsapp",
        is_there=lambda: bool(find_library("magic")),
        without="everything works without it: the program that speaks to WhatsApp is loaded without the part of its"
        " package that asks for it",
        without_zh="没有它一切功能也可用：本程序不会加载客户端中需要它的部分",
        packages=(("linux", "apt install libmagic1, or dnf install file-libs"), ("darwin", "brew install libmagic")),
    ),
    Helper(
        name="ffmpeg",
        channel="whatsapp",
        is_there=lambda: which("ffmpeg") is not None,
        without="voice notes, pictures and films come and go as files all the same; only a transcription command that"
        " converts sound may want it",
        without_zh="没有它仍可收发语音、图片和视频；仅当转写命令需要转换音频时才用到",
        packages=(("linux", "apt install ffmpeg, or dnf install ffmpeg-free"), ("darwin", "brew install ffmpeg")),
    ),
)


def absent(channel: str) -> tuple[Helper, ...]:
    """What is not there for a channel."""
    return tuple(helper for helper in HELPERS if helper.channel == channel and not helper.is_there())
