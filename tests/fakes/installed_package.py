"""A package as an installer would have laid it down: its name, its version and its entry points."""

from collections.abc import Mapping
from pathlib import Path


def lay_down(folder: Path, name: str, version: str, points: Mapping[str, Mapping[str, str]]) -> None:
    """``points``: for each group of entry points, their names and what each stands for. ``folder`` is on the path."""
    place = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = []
    for group, values in points.items():
        lines += [f"[{group}]", *(f"{point} = {value}" for point, value in values.items())]
    (place / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
