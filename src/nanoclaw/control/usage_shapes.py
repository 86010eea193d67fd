"""The JSON about usage."""

from typing import Annotated

from pydantic import Field

from nanoclaw.control.shapes import IsoTime, Shape
from nanoclaw.store.usage import By


class UsageQuery(Shape):
    """By what usage is added up, and since when."""

    by: Annotated[By, Field(strict=False)] = By.DAY
    since: IsoTime = None


class UsageLine(Shape):
    """What was used under one key: a date, a folder, a model's name, or the number of a task or a turn.

    ``calls`` are calls to the model, but turns when it is by task or turn. ``about`` is a turn's group and model.
    """

    key: str
    calls: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float
    about: str = ""


class UsageList(Shape):
    """Usage added up, and in all."""

    by: str
    lines: list[UsageLine]
    total: UsageLine
