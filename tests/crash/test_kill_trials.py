"""SIGKILL at every step of a message's way; see :mod:`benchmarks.kill_trials` for what must hold afterwards.

More trials, with other random moments: ``benchmarks/run kills --trials 100 --seed 7``.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from benchmarks.installation import Place
from benchmarks.kill_moments import Moment
from benchmarks.kill_trials import Trials, trials
from nanoclaw.sandboxes.contract import SandboxKind

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

_SEED = 20261122


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bench() -> AsyncIterator[Trials]:
    place = Place(kind=SandboxKind.DOCKER, base_image="nanoclaw-base:bookworm")
    async with trials(place, _SEED) as running:
        yield running


@pytest.mark.parametrize("moment", Moment, ids=lambda moment: moment.name.lower())
async def test_a_message_is_answered_once_although_the_daemon_is_killed(bench: Trials, moment: Moment) -> None:
    verdict = await bench.run(moment)
    assert not verdict.problems, verdict
