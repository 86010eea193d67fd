"""A small repository with the real launcher, and packages made on the spot."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

SECONDS = 50
_MAIN = "import os, sys, greeting; print(greeting.WORD, *sys.argv[1:], os.environ.get('PYTHONPATH'), __file__)"


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A repository with the launcher, a package that prints, and a lock file that names one local wheel."""

    root: Path
    wheels: Path
    environment: dict[str, str]

    def command(self, *arguments: str, launcher: Path | None = None) -> list[str]:
        return [str(launcher or self.root / "nanoclaw"), *arguments]

    def run(self, *arguments: str, launcher: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, launcher=launcher),
            cwd=self.environment["HOME"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def lock(self, word: str, name: str = "runtime") -> None:
        """Pin a fresh version of the package ``greeting``, which holds ``word``, in a lock file."""
        version = str(len(list(self.wheels.iterdir())) + 1)
        digest = _make_wheel(self.wheels, version, word)
        pin = f"greeting=={version} --hash=sha256:{digest}\n"
        (self.root / "requirements" / f"{name}.lock").write_text(pin)

    def add(self, *extras: str) -> subprocess.CompletedProcess[str]:
        """What `nanoclaw auth` runs."""
        return subprocess.run(
            self.adding(*extras), env=self.environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )

    def adding(self, *extras: str) -> list[str]:
        return ["python3", "-I", str(self.root / "tools" / "environment.py"), str(self.root), "add", *extras]


def make_checkout(tmp_path: Path, repository: Path, surroundings: dict[str, str]) -> Checkout:
    """One that was never started, and an environment in which nothing comes from the net."""
    root = tmp_path / "a repository"
    for folder in ("requirements", "tools", "src/nanoclaw"):
        (root / folder).mkdir(parents=True)
    for name in ("nanoclaw", "tools/environment.py"):
        shutil.copy(repository / name, root / name)
    (root / "src" / "nanoclaw" / "__main__.py").write_text(_MAIN)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    offline = {
        "PATH": f"{_programs(tmp_path)}:/usr/bin:/bin",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "UV_FIND_LINKS": str(wheels),
        "UV_NO_CONFIG": "1",
        "UV_NO_INDEX": "1",
    }
    made = Checkout(root=root, wheels=wheels, environment=surroundings | offline)
    made.lock("hello")
    return made


def _programs(tmp_path: Path) -> Path:
    """A folder with the Python of the tests and no uv, so that the outcome is the same everywhere."""
    folder = tmp_path / "programs"
    folder.mkdir()
    base = os.path.realpath(sys.executable)
    (folder / "python3").write_text(f'#!/bin/sh\nexec "{base}" "$@"\n')
    (folder / "python3").chmod(0o755)
    return folder


def _make_wheel(folder: Path, version: str, word: str) -> str:
    """A pure Python wheel with one module; its SHA-256."""
    path = folder / f"greeting-{version}-py3-none-any.whl"
    information = f"greeting-{version}.dist-info"
    files = {
        "greeting.py": f"WORD = {word!r}\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: greeting\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},{_record_hash(text)},{len(text)}\n" for name, text in files.items())
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{information}/RECORD", f"{record}{information}/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _record_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
