import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefinedType

from nanoclaw.channels.telegram.options import TelegramOptions
from nanoclaw.channels.web.options import WebOptions
from nanoclaw.channels.whatsapp.options import WhatsAppOptions
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_upstream
from nanoclaw.settings.schema import PriceSettings, Settings

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"

_HEADING = re.compile(r"## `\[([A-Za-z.]+)\]`")
_ROW = re.compile(r"\| `([a-z_]+)` \| (?:`(.+?)`|absent) \| (.+) \|")


def _tables() -> dict[str, type[BaseModel]]:
    """Every table of ``config.toml`` that we know the keys of."""
    found: dict[str, type[BaseModel]] = {
        "channels.telegram": TelegramOptions,
        "channels.web": WebOptions,
        "channels.whatsapp": WhatsAppOptions,
        "prices.MODEL": PriceSettings,
    }
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found[name] = field.annotation
    return found


def _documented() -> dict[str, dict[str, tuple[str, str]]]:
    """Table, key, (default, meaning): what the page says."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    table: dict[str, tuple[str, str]] = {}
    for line in PAGE.read_text().splitlines():
        if heading := _HEADING.fullmatch(line):
            table = found.setdefault(heading[1], {})
        elif line.startswith("## "):
            table = {}
        elif row := _ROW.fullmatch(line):
            table[row[1]] = (row[2] or "", row[3])
    return found


def _toml(value: Any) -> str:
    """A default as it is written in ``config.toml``."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(_toml(each) for each in value)}]"
        case None | PydanticUndefinedType():
            return ""
        case _:
            return str(value)


def test_the_page_has_a_section_for_every_table_and_no_other() -> None:
    assert set(_documented()) == set(_tables())


def test_every_setting_of_the_root_has_a_section() -> None:
    sections = {name.partition(".")[0] for name in _documented()}
    assert sections == set(Settings.model_fields)


def test_the_example_of_the_page_is_accepted() -> None:
    example = PAGE.read_text().partition("```toml\n")[2].partition("```")[0]
    assert Settings.model_validate(tomllib.loads(example)) != Settings()


def test_each_key_of_the_page_is_found_in_the_env_file(tmp_path: Path) -> None:
    names = set(re.findall(r"`([A-Z][A-Z_]+)`", PAGE.read_text().partition("## Keys")[2]))
    for name in ("CLAUDE_API_KEY", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"):
        (tmp_path / ".env").write_text(f"{name}=a-placeholder\n")
        credential = load_upstream(Home(tmp_path)).credential
        assert credential is not None
        assert credential.source == f"{name} in .env"
        assert name in names


@pytest.mark.parametrize("table", sorted(_tables()))
def test_every_key_of_a_table_is_on_the_page_and_no_other(table: str) -> None:
    assert set(_documented()[table]) == set(_tables()[table].model_fields)


@pytest.mark.parametrize("table", sorted(_tables()))
def test_the_page_has_the_defaults_and_meanings_of_the_schema(table: str) -> None:
    expected = {key: (_toml(field.default), field.description) for key, field in _tables()[table].model_fields.items()}
    # What the page says beyond the schema's own sentence comes after it.
    said = {
        key: (default, meaning[: len(expected[key][1] or "")])
        for key, (default, meaning) in _documented()[table].items()
    }
    assert said == expected
