import ast
import re
from collections.abc import Iterator
from pathlib import Path

from nanoclaw.cli.commands.doctor import SECTIONS
from nanoclaw.operations.doctor.contract import SECTION_TITLES, Section
from nanoclaw.operations.doctor.registry import CHECKS

REPOSITORY = Path(__file__).parents[4]
FOLDER = REPOSITORY / "src/nanoclaw/operations/doctor/checks"


def test_every_check_has_an_id_of_its_own() -> None:
    names = [check.id for check in CHECKS]
    assert len(set(names)) == len(names)


def test_every_file_of_the_folder_is_one_check_that_is_registered() -> None:
    files = {path.stem.replace("_", "-") for path in FOLDER.glob("*.py")} - {"--init--"}
    assert files == {check.id for check in CHECKS}


def test_every_check_speaks_english_and_chinese() -> None:
    for check in CHECKS:
        assert check.title.en.isascii(), check.id
        assert check.why.en, check.id
        assert any("\u4e00" <= character <= "\u9fff" for character in check.title.zh), check.id
        assert any("\u4e00" <= character <= "\u9fff" for character in check.why.zh), check.id


def test_checks_stand_in_the_order_of_their_sections() -> None:
    order = list(Section)
    places = [order.index(check.section) for check in CHECKS]
    assert places == sorted(places)
    assert set(SECTION_TITLES) == set(Section)


def test_the_command_offers_every_section_that_has_checks() -> None:
    assert set(SECTIONS) == {section.value for section in Section}


def _pairs() -> Iterator[tuple[str, str, str]]:
    """Every pair of sentences in the source, what is put into them left out."""
    for path in sorted(FOLDER.parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words":
                english, chinese = map(_literal, node.args)
                yield f"{path.name}:{node.lineno}", english, chinese


def _literal(node: ast.expr) -> str:
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))
    return "".join(parts)


def test_every_sentence_is_there_in_both_languages() -> None:
    pairs = list(_pairs())
    assert len(pairs) > 200
    for place, english, chinese in pairs:
        assert not _is_chinese(english), place
        # Names, figures and units are the same in both.
        assert _is_chinese(chinese) or not re.search("[a-z]{4}", english), place
        assert not english or chinese[-1:] not in ".!", f"{place}: Chinese ends in 。"


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)
