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
