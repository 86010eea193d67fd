import os
from pathlib import Path

from tools.testing.engine import remove_stale


def test_a_pid_file_whose_number_belongs_to_another_program_is_removed(tmp_path: Path) -> None:
    pid_file = tmp_path / "docker.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    remove_stale(pid_file, "dockerd")
    assert not pid_file.exists()


def test_a_pid_file_of_the_program_itself_or_of_none_is_left_alone(tmp_path: Path) -> None:
    pid_file = tmp_path / "docker.pid"
    own_name = Path(f"/proc/{os.getpid()}/comm").read_text().strip()
    for content in (f"{os.getpid()}\n", "999999999\n", "nonsense"):
        pid_file.write_text(content)
        remove_stale(pid_file, own_name)
        assert pid_file.exists()
