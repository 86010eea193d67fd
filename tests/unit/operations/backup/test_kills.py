"""A few of the kills that the crash suite makes many of."""

from pathlib import Path

import pytest

from benchmarks.backup_kills import open_kills


@pytest.mark.timeout(180)
def test_a_killed_backup_restore_or_thinning_out_harms_nothing(
    tmp_path: Path, scrubbed_environment: dict[str, str]
) -> None:
    source = Path(__file__).parents[4] / "src"
    bench = open_kills(tmp_path / "kills", scrubbed_environment | {"PYTHONPATH": str(source)}, seed=3)
    trials = [bench.trial(verb) for verb in ("create", "restore", "prune")]
    assert not [trial for trial in trials if trial.problems]
