"""The kill -9 trials as a benchmark: many of them, and what they found."""

from collections import Counter

from benchmarks.figures import Figure, sample
from benchmarks.installation import Place
from benchmarks.kill_moments import Moment
from benchmarks.kill_trials import Verdict, trials


async def kills(place: Place, count: int, seed: int) -> list[Figure]:
    """The moments in turn, until so many trials were run."""
    verdicts: list[Verdict] = []
    moments = list(Moment)
    async with trials(place, seed) as bench:
        for number in range(count):
            verdict = await bench.run(moments[number % len(moments)])
            verdicts.append(verdict)
            print(f"  {number + 1:3} {verdict.moment:34} {'; '.join(verdict.problems) or 'balanced'}", flush=True)
    wrong = Counter(problem for verdict in verdicts for problem in verdict.problems)
    for problem, times in wrong.items():
        print(f"  {times} x {problem}")
    bad = sum(bool(verdict.problems) for verdict in verdicts)
    return [
        Figure(
            benchmark="kills",
            what=f"trials that did not balance, seed {seed}",
            measured=f"{bad} of {count}",
            target="0",
            met=bad == 0,
        ),
        Figure(
            benchmark="kills",
            what="acknowledged before the kill",
            measured=str(sum(verdict.acknowledged for verdict in verdicts)),
        ),
        Figure(
            benchmark="kills",
            what="restart to first answer, s",
            measured=str(sample([verdict.restart_seconds for verdict in verdicts])),
        ),
    ]
