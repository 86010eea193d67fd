"""SIGKILL while tasks run every second; see :mod:`benchmarks.task_kill_trials` for what must hold afterwards."""

import pytest

from benchmarks.installation import Place
from benchmarks.task_kill_trials import TaskMoment, task_trials
from nanoclaw.sandboxes.contract import SandboxKind

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

_SEED = 20261125
_RANDOM_KILLS = 10


async def test_each_time_of_a_task_runs_at_most_once_and_none_is_lost_although_the_daemon_is_killed() -> None:
    place = Place(kind=SandboxKind.DOCKER, base_image="nanoclaw-base:bookworm")
    moments = [moment for moment in TaskMoment if moment is not TaskMoment.RANDOM]
    async with task_trials(place, _SEED) as bench:
        for number in range(_RANDOM_KILLS):
            await bench.kill(TaskMoment.RANDOM)
            if number < 2 * len(moments):
                await bench.kill(moments[number % len(moments)])
        verdict = await bench.verdict()
    assert not verdict.problems, verdict
    assert verdict.kills == _RANDOM_KILLS + 2 * len(moments)
    assert verdict.runs["succeeded"] > 0, verdict
    assert verdict.runs["failed"] + verdict.runs["missed"] > 0, verdict
