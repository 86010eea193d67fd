"""Installs what a channel needs, where the environment is ours to change; says how to do it where it is not."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from nanoclaw.operations.extras.checkout import Checkout
from nanoclaw.operations.extras.contract import Extra, ExtraError, lacking

_SECONDS = 1800
"""A slow line downloads for long; whoever waits can press Ctrl-C."""
_PACKAGE = "nanoclaw-py"


def need(extra: Extra, checkout: Checkout | None, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Return once the extra is installed; ``say`` tells a person what goes on meanwhile.

    Raises:
        ExtraError: it is missing, and this is not ours to change, or it could not be installed.
    """
    if not (missing := lacking(extra)):
        return
    if checkout is None:
        raise ExtraError(
            f"{extra.title} needs {' and '.join(missing)}, which is not installed",
            hint=f"NanoClaw was installed as a package, so run: {_pip()} '{_PACKAGE}[{extra.name}]'",
        )
    if not checkout.is_running():
        raise ExtraError(
            f"{extra.title} needs {' and '.join(missing)}, and the environment {sys.prefix} is not the checkout's own",
            hint=f"Start it as {checkout.root / 'nanoclaw'}, or install it here: {_pip()} -r {_lock(checkout, extra)}",
        )
    say(f"{extra.title} needs {' and '.join(missing)}, which is installed now; what runs already goes on.")
    install(extra, checkout, environment, say)
    importlib.invalidate_caches()
    if left := lacking(extra):
        raise ExtraError(
            f"{' and '.join(left)} is installed and not seen by this process yet", hint="Give the command again."
        )


def install(extra: Extra, checkout: Checkout, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Have the environment made anew with the extra, beside the present one, which stays when that fails.

    Raises:
        ExtraError: why not.
    """
    command = [_base_python(), "-I", str(checkout.builder), str(checkout.root), "add", extra.name]
    surroundings = {name: value for name, value in environment.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    said: list[str] = []
    with subprocess.Popen(
        command,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as running:
        assert running.stderr is not None  # noqa: S101 - a pipe was asked for
        for line in running.stderr:
            said.append(line.rstrip())
            say(said[-1])
        code = running.wait(_SECONDS)
    if code:
        raise ExtraError(
            f"What {extra.title} needs could not be installed",
            hint="Nothing was changed, and NanoClaw works as before. It is downloaded from the package index: check the"
            " network of this machine (HTTPS_PROXY is honoured), then give the command again.",
        )


def _base_python() -> str:
    """The interpreter that environments are made of: the one in ours is about to be replaced."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _pip() -> str:
    return f"{sys.executable} -m pip install"


def _lock(checkout: Checkout, extra: Extra) -> Path:
    return checkout.root / "requirements" / f"{extra.name}.lock"
