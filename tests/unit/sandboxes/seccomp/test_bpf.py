import pytest

from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.seccomp.bpf import ARCHITECTURES, Instruction, bpf_program, compile_policy
from nanoclaw.sandboxes.seccomp.policy import ALLOWED

_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000


def _run(program: list[Instruction], audit: int, number: int, *arguments: int) -> int:
    """The kernel's interpreter, as far as the filter uses it."""
    words = {0: number, 4: audit} | {16 + 8 * i: value & 0xFFFFFFFF for i, value in enumerate(arguments)}
    position = accumulator = 0
    while True:
        step = program[position]
        position += 1
        match step.code:
            case 0x20:
                accumulator = words.get(step.value, 0)
            case 0x06:
                return step.value
            case code:
                holds = {
                    0x15: accumulator == step.value,
                    0x25: accumulator > step.value,
                    0x35: accumulator >= step.value,
                    0x45: bool(accumulator & step.value),
                }[code]
                position += step.then if holds else step.otherwise


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_exactly_the_allowed_calls_pass(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    program = compile_policy(architecture)
    allowed = {architecture.numbers[name] for name in ALLOWED & architecture.numbers.keys()}
    conditional = {
        architecture.numbers[name]
        for name in ("clone", "clone3", "socket", "socketpair", "personality")
        if name in architecture.numbers
    }
    for number in set(range(600)) - conditional:
        verdict = _run(program, architecture.audit, number)
        assert verdict == (_ALLOW if number in allowed else _EPERM), number


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("socket", (1, 1, 0), _ALLOW),
        ("socket", (2, 1, 0), _ALLOW),
        ("socket", (10, 1, 0), _ALLOW),
        ("socket", (16, 3, 0), _ALLOW),
        ("socket", (16, 3, 12), _EPERM),
        ("socket", (40, 1, 0), _EPERM),
        ("socket", (17, 3, 0), _EPERM),
        ("socketpair", (1, 1, 0), _ALLOW),
        ("socketpair", (2, 1, 0), _EPERM),
        ("clone", (0x003D0F00,), _ALLOW),
        ("clone", (0x10000000,), _EPERM),
        ("clone", (0x00020000 | 17,), _EPERM),
        ("clone", (0x00000080,), _EPERM),
        ("clone3", (), _ENOSYS),
        ("personality", (-1,), _ALLOW),
        ("personality", (0x40000,), _EPERM),
    ],
)
def test_arguments_decide(machine: str, name: str, arguments: tuple[int, ...], verdict: int) -> None:
    architecture = ARCHITECTURES[machine]
    program = compile_policy(architecture)
    assert _run(program, architecture.audit, architecture.numbers[name], *arguments) == verdict


def test_calls_of_another_abi_kill() -> None:
    program = compile_policy(ARCHITECTURES["x86_64"])
    assert _run(program, 0x40000003, 1) == _KILL
    assert _run(program, ARCHITECTURES["x86_64"].audit, 0x40000001) == _KILL


def test_an_unknown_machine_is_refused_with_a_hint() -> None:
    with pytest.raises(SandboxError) as caught:
        bpf_program("riscv64")
    assert "sandbox.kind" in caught.value.hint


def test_a_program_is_eight_bytes_a_step() -> None:
    assert len(bpf_program("x86_64")) == 8 * len(compile_policy(ARCHITECTURES["x86_64"]))
