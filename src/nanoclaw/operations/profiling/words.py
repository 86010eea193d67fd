"""Profiles for people to read."""

from nanoclaw.operations.profiling.heap import HeapProfile
from nanoclaw.operations.profiling.processor import ProcessorProfile

_FUNCTIONS = 40


def processor_text(profile: ProcessorProfile) -> str:
    """The functions that took most."""
    busy = sum(profile.weights.values()) / 1e9
    clock = "of the processor" if profile.by_processor else "by the clock, waiting included"
    lines = [
        f"{profile.looks} looks in {profile.seconds:.1f} s; {busy:.3f} s {clock}; looking took {profile.cost:.3f} s",
        "",
        f"{'OWN s':>9}  {'TOTAL s':>9}  FUNCTION",
    ]
    lines += [f"{one.own:9.3f}  {one.total:9.3f}  {one.function}" for one in profile.functions(_FUNCTIONS)]
    return "\n".join(lines) + "\n"


def heap_text(profile: HeapProfile) -> str:
    """What grew, and what there is most of."""
    head = (
        f"{profile.seconds:.1f} s; memory {profile.resident:,} bytes, {profile.resident_before:,} before;"
        f" tracing took {profile.tracing_bytes:,} bytes, counting stopped all else for {profile.pause:.3f} s"
    )
    lines = [
        head,
        "",
        f"{'BYTES':>12}  {'BLOCKS':>8}  GOT IN THAT TIME AND STILL HELD, BY LINE",
        *(f"{one.bytes:12,}  {one.blocks:8,}  {one.place}" for one in profile.places),
        "",
        f"{'OBJECTS':>12}  {'GROWN':>8}  TYPE",
        *(f"{one.count:12,}  {one.grown:8,}  {one.type}" for one in profile.types),
    ]
    return "\n".join(lines) + "\n"
