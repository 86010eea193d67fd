"""The agent image, for the command that builds it and looks at it. No daemon is needed."""

from dataclasses import replace

from nanoclaw.control.shapes import SandboxShape
from nanoclaw.daemon.answers.views import report_shape
from nanoclaw.model.clock import SystemClock
from nanoclaw.sandboxes.choose import choose_sandbox
from nanoclaw.sandboxes.contract import Progress
from nanoclaw.sandboxes.image.bootstrap import bootstrap_base
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.oci import OciSandbox
from nanoclaw.sandboxes.preparation import prepare
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import engine_environment, load_settings


async def build_image(home: Home, progress: Progress, *, base: str | None, debootstrap: bool) -> None:
    """Build the agent image if it is missing or outdated, on ``base`` or on a base made here.

    Raises:
        SandboxError: no engine, no base image, no space, or a step failed.
        SettingsError: the configuration cannot be read.
    """
    home.create()
    installation = describe_installation(home, "image-build")
    if base is not None:
        installation = replace(installation, base_image=base)
    sandbox = await choose_sandbox(load_settings(home).sandbox.kind, installation)
    if debootstrap and not isinstance(sandbox, OciSandbox):
        progress(f"{sandbox.kind} needs no image, so no base is made")
    elif debootstrap and isinstance(sandbox, OciSandbox):
        await bootstrap_base(sandbox.client, cache=home.image_cache, progress=progress)
    await prepare(sandbox, progress)
    if base is not None and base != load_settings(home).sandbox.base_image:
        progress(f'To have agents use it, set base_image = "{base}" under [sandbox] in {home.config}')


async def image_status(home: Home) -> SandboxShape:
    """The sandbox in use, and whether its image is there and current.

    Raises:
        SandboxError: no sandbox can be used here.
        SettingsError: the configuration cannot be read.
    """
    installation = describe_installation(home, "image-status")
    sandbox = await choose_sandbox(load_settings(home).sandbox.kind, installation)
    return report_shape(await sandbox.report())


def describe_installation(home: Home, identity: str) -> Installation:
    """What a sandbox is told about this home, whose sandboxes are marked with ``identity``."""
    box = load_settings(home).sandbox
    return Installation(
        id=identity,
        state=home.image_cache,
        environment=engine_environment(),
        base_image=box.base_image,
        runtime=box.runtime,
        clock=SystemClock(),
    )
