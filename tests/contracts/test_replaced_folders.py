"""Every sandbox kind shows the folder that was checked, or starts nothing."""

from dataclasses import replace

from nanoclaw.workspaces.mounts import show
from tests.contracts.sandbox_lab import Lab


def test_a_folder_that_was_replaced_after_it_was_checked_starts_nothing(lab: Lab) -> None:
    plan = lab.plan("echo", "started")
    own, other = plan.mounts[0], lab.places / "global"
    meant = show(own.source.resolve(), own.target, writable=True)
    assert meant.identity is not None
    assert lab.run(replace(plan, mounts=(meant, *plan.mounts[1:]))).stdout == b"started\n"
    # Between the check and the start, the checked name becomes a link to another folder.
    link = lab.places / "swapped"
    link.symlink_to(other)
    swapped = replace(meant, source=link)
    done = lab.run(replace(lab.plan("echo", "started"), mounts=(swapped, *plan.mounts[1:])))
    assert (done.returncode != 0, done.stdout) == (True, b"")
    assert b"was replaced" in done.stderr
