"""Building the agent image with an engine's own command line."""

import asyncio
import contextlib
import errno
import hashlib
import os
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from nanoclaw.sandboxes.contract import ImageBuildError, Progress
from nanoclaw.sandboxes.engine import EngineClient
from nanoclaw.sandboxes.image.claude_program import ClaudeProgram, find_claude

REPOSITORY = "nanoclaw-agent"
BOOTSTRAPPED_BASE = "nanoclaw-base:bookworm"
"""The base that :mod:`nanoclaw.sandboxes.image.bootstrap` makes; used when the configured one is not here."""
NEEDED_BYTES = 2 << 30
_BUILD_SECONDS = 1_800.0
_PULL_SECONDS = 900.0
_SPACE_HINT = "Free space where the engine keeps its images, for example with `{} system prune`."
_FAILED_HINT = (
    "The lines above are the engine's. Packages come from the base's own repositories: check that they are reachable, "
    "or use a base that has them already."
)
_NO_BASE_HINT = (
    "`nanoclaw image build --debootstrap` makes a base without a registry; or set sandbox.base_image to an image that "
    'this machine has, or sandbox.kind = "bubblewrap", which needs no image.'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the image is made of, apart from its base."""

    dockerfile: bytes
    entry: bytes
    claude: ClaudeProgram

    @property
    def digest(self) -> str:
        """12 hexadecimal digits."""
        return self._hash("")

    def tag(self, base_id: str) -> str:
        """The name of the image on the base with this id."""
        return f"{REPOSITORY}:{self._hash(base_id)}"

    def _hash(self, base_id: str) -> str:
        program = f"{self.claude.version}\n{self.claude.size}\n{base_id}"
        return hashlib.sha256(b"\0".join((self.dockerfile, self.entry, program.encode()))).hexdigest()[:12]


def read_recipe() -> Recipe:
    """The recipe that this version ships.

    Raises:
        ImageBuildError: the ``claude`` program is not installed, or not for Linux.
    """
    package = files("nanoclaw.sandboxes")
    return Recipe(
        dockerfile=(package / "image" / "Dockerfile").read_bytes(),
        entry=(package / "inside" / "entry.py").read_bytes(),
        claude=find_claude(),
    )


class ImageBuilder:
    """Finds or makes the agent image of one engine.

    ``context`` is a private folder for the build context; ``base`` the configured base image.
    """

    def __init__(self, client: EngineClient, *, context: Path, base: str) -> None:
        self._client = client
        self._context = context
        self._base = base

    async def find(self) -> str | None:
        """The tag of the current image if it is built, else None. Takes two short calls of the engine."""
        recipe = read_recipe()
        for base in (self._base, BOOTSTRAPPED_BASE):
            base_id = await self._image_id(base)
            if base_id is not None:
                tag = recipe.tag(base_id)
                return tag if await self._image_id(tag) is not None else None
        return await self._find_without_base(recipe)

    async def ensure(self, progress: Progress) -> str:
        """The tag of the current image, built now if it must be.

        Raises:
            EngineUnavailableError: the engine does not answer.
            ImageBuildError: no base image, no space, or a step of the build failed.
        """
        found = await self.find()
        if found is not None:
            return found
        recipe = read_recipe()
        base, base_id = await self._ensure_base(progress)
        await self._check_space()
        tag = recipe.tag(base_id)
        progress(f"Building {tag} on {base}")
        try:
            await asyncio.to_thread(self._assemble, recipe)
            await self._build(recipe, base, tag, progress)
        finally:
            shutil.rmtree(self._context, ignore_errors=True)
        return tag

    def _assemble(self, recipe: Recipe) -> None:
        try:
            assemble(self._context, recipe)
        except OSError as error:
            raise ImageBuildError(
                f"What the image is made of cannot be put together in {self._context}: {error.strerror}",
                hint=f"It takes {(recipe.claude.size >> 20) + 1} MiB on another disk than the program's: free some "
                "space, or mend the folder's mode.",
            ) from error

    async def _build(self, recipe: Recipe, base: str, tag: str, progress: Progress) -> None:
        labels = (f"nanoclaw.recipe={recipe.digest}", f"nanoclaw.base={self._base}")
        arguments = ["build", "--tag", tag, "--build-arg", f"BASE={base}"]
        for label in labels:
            arguments += ["--label", label]
        code, last = await self._client.stream([*arguments, str(self._context)], progress, seconds=_BUILD_SECONDS)
        if code != 0:
            ending = "\n".join(last[-8:])
            raise ImageBuildError(
                f"Building the agent image failed (status {code}):\n{ending}",
                hint=hint_for(self._client, ending, _FAILED_HINT),
            )
        if await self._image_id(tag) is None:
            raise ImageBuildError(f"The engine built {tag} but does not have it", hint="Look at the engine's log.")

    async def _ensure_base(self, progress: Progress) -> tuple[str, str]:
        for base in (self._base, BOOTSTRAPPED_BASE):
            if base_id := await self._image_id(base):
                return base, base_id
        progress(f"Pulling {self._base}")
        code, last = await self._client.stream(("pull", self._base), progress, seconds=_PULL_SECONDS)
        base_id = await self._image_id(self._base)
        if code != 0 or base_id is None:
            reason = last[-1] if last else f"status {code}"
            raise ImageBuildError(
                f"There is no base image {self._base}: {reason}", hint=hint_for(self._client, reason, _NO_BASE_HINT)
            )
        return self._base, base_id

    async def _find_without_base(self, recipe: Recipe) -> str | None:
        """A current image whose base was pruned: its labels say what it was made of."""
        outcome = await self._client.call(
            "image",
            "ls",
            "--filter",
            f"label=nanoclaw.recipe={recipe.digest}",
            "--filter",
            f"label=nanoclaw.base={self._base}",
            "--format",
            "{{.Repository}}:{{.Tag}}",
        )
        tags = [line for line in outcome.text.splitlines() if ":<none>" not in line]
        return tags[0] if outcome.ok and tags else None

    async def _image_id(self, name: str) -> str | None:
        outcome = await self._client.call("image", "inspect", "--format", "{{.Id}}", name)
        return outcome.text if outcome.ok and outcome.text else None

    async def _check_space(self) -> None:
        for field in ("{{.DockerRootDir}}", "{{.Store.GraphRoot}}"):
            outcome = await self._client.call("info", "--format", field)
            free = await asyncio.to_thread(_free_bytes, outcome.text) if outcome.ok else None
            if free is None:
                continue  # another engine's field, or a root on another machine
            if free < NEEDED_BYTES:
                raise ImageBuildError(
                    f"{outcome.text} has {free >> 20} MiB free; the image needs {NEEDED_BYTES >> 20} MiB",
                    hint=_SPACE_HINT.format(self._client.program),
                )
            return


def hint_for(client: EngineClient, said: str, otherwise: str) -> str:
    """What to do about an engine's words: a full disk has its own answer."""
    full = os.strerror(errno.ENOSPC).lower() in said.lower()
    return _SPACE_HINT.format(client.program) if full else otherwise


def assemble(context: Path, recipe: Recipe) -> None:
    """Fill a folder with the build context. The program is a hard link where that is possible."""
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir(mode=0o700, parents=True)
    (context / "Dockerfile").write_bytes(recipe.dockerfile)
    (context / "entry.py").write_bytes(recipe.entry)
    (context / "entry.py").chmod(0o644)
    claude = context / "claude"
    if recipe.claude.path.stat().st_mode & 0o005 == 0o005:  # a link shares the mode
        with contextlib.suppress(OSError):
            os.link(recipe.claude.path, claude)
            return
    shutil.copyfile(recipe.claude.path, claude)
    claude.chmod(0o755)


def _free_bytes(folder: str) -> int | None:
    """Free space of the file system of an absolute path; None when there is no such folder here."""
    try:
        return shutil.disk_usage(folder).free if folder else None
    except OSError:
        return None
