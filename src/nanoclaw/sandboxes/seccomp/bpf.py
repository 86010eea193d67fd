"""The policy as a classic BPF program, which bubblewrap hands to the kernel."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.seccomp import numbers
from nanoclaw.sandboxes.seccomp.policy import ALLOWED, CONDITIONAL, ENOSYS, EPERM, NOT_THERE, Comparison, Rule

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_GREATER = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_ALLOW = 0x7FFF_0000
_KILL = 0x8000_0000
_ERROR = 0x0005_0000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in ``struct seccomp_data``; each argument takes 8 bytes, the lower half first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """``audit`` is the kernel's AUDIT_ARCH number. ``foreign`` is where another ABI's call numbers begin, or 0."""

    audit: int
    numbers: Mapping[str, int]
    foreign: int = 0


ARCHITECTURES = {
    "x86_64": Architecture(audit=0xC000_003E, numbers=numbers.X86_64, foreign=0x4000_0000),
    "aarch64": Architecture(audit=0xC000_00B7, numbers=numbers.AARCH64),
}
"""By the machine name that ``uname`` reports."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step. ``then`` and ``otherwise`` are how many steps to skip after a comparison."""

    code: int
    value: int
    then: int = 0
    otherwise: int = 0


def bpf_program(machine: str) -> bytes:
    """The filter for a machine, as bubblewrap's ``--seccomp`` wants it.

    Raises:
        SandboxError: there is no table of call numbers for this machine.
    """
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        raise SandboxError(
            f"There is no system call filter for {machine} machines",
            hint='Set sandbox.kind = "docker" or "podman"; their filters know more machines.',
        )
    steps = compile_policy(architecture)
    return b"".join(struct.pack("<HBBI", step.code, step.then, step.otherwise, step.value) for step in steps)


def compile_policy(architecture: Architecture) -> list[Instruction]:
    """The policy's steps for one architecture."""
    steps = [
        Instruction(_LOAD, _ARCHITECTURE),
        Instruction(_IF_EQUAL, architecture.audit, then=1),
        Instruction(_RETURN, _KILL),
        Instruction(_LOAD, _NUMBER),
    ]
    if architecture.foreign:
        steps += [Instruction(_IF_AT_LEAST, architecture.foreign, otherwise=1), Instruction(_RETURN, _KILL)]
    table = architecture.numbers
    for name, rules in groupby(CONDITIONAL, key=lambda rule: rule.name):
        if name in table:
            steps += _conditional(table[name], tuple(rules))
    for name in sorted(NOT_THERE & table.keys()):
        steps += [Instruction(_IF_EQUAL, table[name], otherwise=1), Instruction(_RETURN, _ERROR | ENOSYS)]
    for low, high in _ranges(table[name] for name in ALLOWED & table.keys()):
        steps += [
            Instruction(_IF_GREATER, high, then=3),
            Instruction(_IF_AT_LEAST, low, otherwise=1),
            Instruction(_RETURN, _ALLOW),
            Instruction(_RETURN, _ERROR | EPERM),
        ]
    return [*steps, Instruction(_RETURN, _ERROR | EPERM)]


def _conditional(number: int, rules: tuple[Rule, ...]) -> list[Instruction]:
    """Allow the call when a rule holds, else refuse it; other calls pass by. The number is loaded before and after."""
    body: list[Instruction] = []
    for rule in rules:
        body += _rule(rule)
    body.append(Instruction(_RETURN, _ERROR | EPERM))
    return [Instruction(_IF_EQUAL, number, otherwise=len(body)), *body]


def _rule(rule: Rule) -> list[Instruction]:
    """Allow when all conditions hold, else go on behind it. The kernel reads these arguments as 32-bit numbers."""
    steps: list[Instruction] = []
    for position, condition in enumerate(rule.conditions):
        behind = (len(rule.conditions) - position - 1) * 2 + 1
        steps.append(Instruction(_LOAD, _ARGUMENTS + 8 * condition.argument))
        match condition.comparison:
            case Comparison.EQUAL:
                steps.append(Instruction(_IF_EQUAL, condition.value, otherwise=behind))
            case Comparison.NO_BIT_OF:
                steps.append(Instruction(_IF_ANY_BIT, condition.value, then=behind))
    return [*steps, Instruction(_RETURN, _ALLOW)]


def _ranges(values: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring numbers joined, lowest first."""
    joined: list[tuple[int, int]] = []
    for value in sorted(values):
        if joined and value == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], value)
        else:
            joined.append((value, value))
    return joined
