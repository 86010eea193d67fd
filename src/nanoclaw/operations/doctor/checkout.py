"""The lock file that the checkout's environment is made of."""

from pathlib import Path

from nanoclaw.operations.extras.checkout import find_checkout


def find_lock() -> Path | None:
    """The lock file of the checkout that runs; None in an installed package, which has none."""
    checkout = find_checkout()
    return checkout.lock if checkout is not None and checkout.lock.is_file() else None
