import pytest

from nanoclaw.operations.extras.programs import HELPERS, Helper, absent


@pytest.mark.parametrize("helper", HELPERS, ids=lambda helper: helper.name)
def test_every_program_says_how_to_install_it_and_what_works_without(helper: Helper) -> None:
    assert "apt install" in helper.how("linux")
    assert "brew install" in helper.how("darwin")
    assert not helper.how("win32")
    assert helper.without
    assert helper.without_zh


def test_what_is_absent_depends_on_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "ffmpeg" in {helper.name for helper in absent("whatsapp")}
    assert absent("web") == ()
