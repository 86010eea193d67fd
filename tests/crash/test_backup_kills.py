"""SIGKILL at random moments in backup commands; see :mod:`benchmarks.backup_kills` for what must hold afterwards.

More trials, with other random moments: ``benchmarks/run backup-kills --trials 100 --seed 7``.
"""

import pytest

from benchmarks.backup_kills import BackupKills, open_kills
from benchmarks.installation import environment_for

pytestmark = pytest.mark.timeout(240)

_SEED = 20261125
_ROUNDS = 8


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> BackupKills:
    folder = tmp_path_factory.mktemp("backup-kills")
    return open_kills(folder, environment_for(folder, "http://127.0.0.1:9"), _SEED)


@pytest.mark.parametrize("verb", ["create", "restore", "prune"])
@pytest.mark.parametrize("number", range(_ROUNDS))
def test_earlier_backups_are_whole_and_the_home_is_of_one_piece(bench: BackupKills, verb: str, number: int) -> None:
    trial = bench.trial(verb)
    assert not trial.problems, trial
