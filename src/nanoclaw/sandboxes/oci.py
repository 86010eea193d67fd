"""What Docker and Podman have in common: sandboxes driven through a command line."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.sandboxes.contract import (
    EndReason,
    EngineUnavailableError,
    Happening,
    ImageMissingError,
    ListedSandbox,
    Progress,
    RunningSandbox,
    SandboxError,
    SandboxKind,
    SandboxPlan,
    SandboxReport,
    SandboxUsage,
)
from nanoclaw.sandboxes.engine import EngineClient, Outcome
from nanoclaw.sandboxes.image.build import ImageBuilder
from nanoclaw.sandboxes.installation import Installation, agent_user, workspace_owner
from nanoclaw.sandboxes.oci_arguments import GROUP_LABEL, INSTALLATION_LABEL, OciChoices, run_arguments
from nanoclaw.sandboxes.oci_words import USAGE_FORMAT, read_happenings, read_listing, read_usage
from nanoclaw.sandboxes.seccomp.profile import oci_profile
from nanoclaw.settings.whole_files import replace_file

_GONE_SECONDS = 20.0
_LONGEST_PAUSE = 3.0
_USAGE_SECONDS = 20.0


class OciSandbox:
    """A sandbox kind on an engine with Docker's command line. Call :meth:`prepare` before :meth:`command`."""

    def __init__(self, kind: SandboxKind, installation: Installation) -> None:
        self.kind = kind
        self.client = EngineClient(kind.value, installation.environment)
        self.images = ImageBuilder(
            self.client, context=installation.state / f"{kind.value}-context", base=installation.base_image
        )
        self._installation = installation
        self._image: str | None = None
        self._prepared = asyncio.Lock()

    @property
    def workspace_owner(self) -> tuple[int, int] | None:
        """See the contract."""
        return workspace_owner()

    @property
    def end_event(self) -> str:
        """What the engine calls a container's end."""
        return "die"

    def event_window(self, since: int, now: int) -> tuple[str, ...]:
        """The arguments for past events between two moments in milliseconds."""
        return ("--since", _seconds(since), "--until", _seconds(now))

    @property
    def extra_arguments(self) -> tuple[str, ...]:
        """An engine's own arguments of ``run``."""
        return ()

    @property
    def home_is_owned(self) -> bool:
        """The engine can give a tmpfs to the agent's user; otherwise it is open to all who are inside."""
        return True

    @property
    def group_field(self) -> str:
        """A container's group in a listing, as a template."""
        return f'{{{{.Label "{GROUP_LABEL}"}}}}'

    @property
    def removal(self) -> tuple[str, ...]:
        """The command that kills and removes the containers named after it."""
        return ("rm", "--force", "--volumes")

    async def report(self) -> SandboxReport:
        """Look at the engine; never raises."""
        try:
            async with asyncio.timeout(4.5):
                version = await self.client.call("version", "--format", "{{.Server.Version}}", seconds=4)
                if not version.ok:
                    return self._unusable(_last_line(version), f"Start {self.kind}, and check that you may use it.")
                return await self._usable(version.text)
        except TimeoutError:
            return self._unusable(f"{self.kind} takes longer than 4.5 s to answer", "See whether the engine hangs.")
        except SandboxError as error:
            return self._unusable(str(error), error.hint)

    async def prepare(self, progress: Progress) -> None:
        """Build the image if it is missing or outdated; see the contract."""
        async with self._prepared:
            await self._require_engine()
            self._image = await self.images.ensure(progress)
            self._seccomp_profile()

    def command(self, plan: SandboxPlan) -> Sequence[str]:
        """The engine's ``run``, attached to this process's standard streams.

        Raises:
            ImageMissingError: :meth:`prepare` has not succeeded yet.
            SandboxError: a mount cannot be made.
        """
        if self._image is None:
            raise ImageMissingError("The agent image is not prepared", hint="Run `nanoclaw image build`.")
        choices = OciChoices(
            installation=self._installation.id,
            image=self._image,
            user=agent_user(),
            seccomp=self._seccomp_profile(),
            runtime=self._installation.runtime,
            home_is_owned=self.home_is_owned,
            extra=self.extra_arguments,
        )
        return (self.client.path, *run_arguments(plan, choices))

    async def stop(self, name: str) -> None:
        """End a container of this installation and wait until it is gone."""
        if name in await self._names():
            await self._remove((name,))

    async def running(self) -> tuple[RunningSandbox, ...]:
        """This installation's containers, as the engine lists them."""
        listing = await self._listed("--format", "{{.Names}}\t" + self.group_field + "\t{{.CreatedAt}}")
        rows = (line.split("\t") for line in listing.splitlines() if line.count("\t") == 2)
        return tuple(RunningSandbox(name=name, group=GroupFolder(group), since=since) for name, group, since in rows)

    async def reap(self) -> tuple[str, ...]:
        """Remove every container of this installation, running or not: to be called before the first start."""
        names = await self._names()
        if names:
            await self._remove(names)
        return names

    async def why_ended(self, name: str, since: Milliseconds) -> EndReason:
        """Ask the engine's recent events, which outlive a removed container but not an engine's restart."""
        reason = EndReason.UNKNOWN
        for _ in range(5):  # the end of the client can overtake the event
            try:
                outcome = await self._events(name, since)
            except EngineUnavailableError:
                return EndReason.ENGINE_LOST
            if not outcome.ok:
                return EndReason.ENGINE_LOST
            reason = _reason(outcome.text)
            if reason is not EndReason.UNKNOWN:
                break
            await asyncio.sleep(0.1)
        return reason

    async def listed(self) -> tuple[ListedSandbox, ...]:
        """This installation's containers, running or not."""
        fields = ("{{.Names}}", self.group_field, "{{.State}}", "{{.CreatedAt}}")
        return read_listing(await self._listed("--all", "--format", "\t".join(fields)))

    async def usage(self) -> tuple[SandboxUsage, ...]:
        """As the engine counts it, which takes it a second or two."""
        names = tuple(one.name for one in await self.running())
        if not names:
            return ()
        counted = ("stats", "--no-stream", "--no-trunc", "--format", USAGE_FORMAT, *names)
        outcome = await self.client.call(*counted, seconds=_USAGE_SECONDS)
        if not outcome.ok and await self._names():
            raise EngineUnavailableError(f"{self.kind} cannot count what its containers use: {_last_line(outcome)}")
        return read_usage(outcome.text)

    async def happenings(self, since: Milliseconds) -> tuple[Happening, ...]:
        """The engine's events; Docker keeps the newest few hundred of all containers until it is restarted."""
        now = max(self._installation.clock.now(), since + 1)
        ours = ("--filter", f"label={INSTALLATION_LABEL}={self._installation.id}", "--filter", "type=container")
        outcome = await self.client.call("events", *self.event_window(since, now), *ours, "--format", "{{json .}}")
        if not outcome.ok:
            raise EngineUnavailableError(f"{self.kind} does not tell its events: {_last_line(outcome)}")
        return read_happenings(outcome.text)

    def entrance(self, name: str, program: Sequence[str], *, terminal: str) -> Sequence[str]:
        """The engine's ``exec``, which enters as the user that the container was started for."""
        streams = ("--interactive", "--tty", "--env", f"TERM={terminal}") if terminal else ("--interactive",)
        return (self.client.path, "exec", *streams, name, *program)

    async def _events(self, name: str, since: Milliseconds) -> Outcome:
        now = max(self._installation.clock.now(), since + 1)
        return await self.client.call(
            *("events", *self.event_window(since, now)),
            *("--filter", f"container={name}", "--filter", "event=oom", "--filter", f"event={self.end_event}"),
            *("--format", "{{json .}}"),
        )

    async def _names(self) -> tuple[str, ...]:
        return tuple((await self._listed("--all", "--format", "{{.Names}}")).split())

    async def _listed(self, *arguments: str) -> str:
        chosen = f"label={INSTALLATION_LABEL}={self._installation.id}"
        outcome = await self.client.call("ps", "--no-trunc", "--filter", chosen, *arguments)
        if not outcome.ok:
            raise EngineUnavailableError(
                f"{self.kind} cannot list its containers: {_last_line(outcome)}",
                hint=f"Start {self.kind}, and check that you may use it.",
            )
        return outcome.text

    async def _remove(self, names: tuple[str, ...]) -> None:
        """Kill and remove containers. One that removes itself at the same moment is waited for."""
        outcome = await self.client.call(*self.removal, *names, seconds=_GONE_SECONDS)
        pause = 0.05
        while left := sorted(set(names) & set(await self._names())):
            if pause > _LONGEST_PAUSE:
                raise SandboxError(
                    f"{self.kind} does not remove {', '.join(left)}: {_last_line(outcome)}",
                    hint=f"Try `{self.client.program} rm --force {left[0]}` by hand.",
                )
            await asyncio.sleep(pause)
            pause *= 2

    async def _require_engine(self) -> None:
        outcome = await self.client.call("version", "--format", "{{.Server.Version}}")
        if not outcome.ok:
            raise EngineUnavailableError(
                f"{self.kind} does not answer: {_last_line(outcome)}",
                hint=f'Start {self.kind}, or set sandbox.kind = "bubblewrap".',
            )

    async def _usable(self, version: str) -> SandboxReport:
        found = await self.images.find()
        user, group = agent_user()
        notes = (
            f"memory, processors and processes by {self.kind} (cgroups)",
            "system calls by our own profile",
            f"agents run as {user}:{group} without capabilities",
        )
        missing = f"The agent image is not built; the base would be {self._installation.base_image}"
        return SandboxReport(
            kind=self.kind,
            usable=True,
            version=version,
            ready=found is not None,
            problem="" if found else missing,
            hint="" if found else "Run `nanoclaw image build`.",
            notes=notes,
        )

    def _unusable(self, problem: str, hint: str) -> SandboxReport:
        return SandboxReport(kind=self.kind, usable=False, problem=problem, hint=hint)

    def _seccomp_profile(self) -> Path:
        text = oci_profile()
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        path = self._installation.state / f"seccomp-{digest}.json"
        if not path.is_file():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(path, text.encode())
        return path


def _seconds(moment: int) -> str:
    return f"{moment // 1000}.{moment % 1000:03d}"


def _last_line(outcome: Outcome) -> str:
    lines = (outcome.error or outcome.text).splitlines()
    return lines[-1][:300] if lines else f"status {outcome.code}"


def _reason(events: str) -> EndReason:
    """Read the events of one container, a JSON object a line: Docker's shape or Podman's."""
    out_of_memory = False
    status: str | None = None
    for line in events.splitlines():
        event = json.loads(line)
        match str(event.get("Action") or event.get("Status") or "").lower():
            case "oom":
                out_of_memory = True
            case "die" | "died":
                attributes = (event.get("Actor") or {}).get("Attributes") or {}
                status = str(attributes.get("exitCode", event.get("ContainerExitCode", "")))
    if out_of_memory and status != "0":
        return EndReason.OUT_OF_MEMORY
    return EndReason.UNKNOWN if status is None else EndReason.EXITED
