"""The checkout that this program runs from, and the environment that ``tools/environment.py`` made for it."""

import sys
from dataclasses import dataclass
from pathlib import Path

import nanoclaw

_CHOSEN = ".extras"
_PLAIN = "runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A folder with the sources, their lock files and the launcher."""

    root: Path

    @property
    def environment(self) -> Path:
        """Where the launcher makes the environment."""
        return self.root / ".venv"

    @property
    def builder(self) -> Path:
        """What makes it."""
        return self.root / "tools" / "environment.py"

    @property
    def chosen(self) -> tuple[str, ...]:
        """The extras that were added, in the order of the alphabet."""
        try:
            said = (self.root / _CHOSEN).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ()
        return tuple(said.split("+")) if said else ()

    @property
    def lock(self) -> Path:
        """The lock file that the environment is made of."""
        return self.root / "requirements" / f"{'+'.join(self.chosen) or _PLAIN}.lock"

    def is_running(self, prefix: str = sys.prefix) -> bool:
        """Whether this process runs in the environment that the launcher made, and not in somebody else's."""
        return self.environment.is_dir() and Path(prefix).resolve() == self.environment.resolve()


def find_checkout() -> Checkout | None:
    """The checkout that runs; None in an installed package, which has none."""
    checkout = Checkout(root=Path(nanoclaw.__file__).parents[2])
    is_one = checkout.builder.is_file() and (checkout.root / "requirements" / f"{_PLAIN}.lock").is_file()
    return checkout if is_one else None
