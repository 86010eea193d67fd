import json

from nanoclaw.sandboxes.seccomp.numbers import AARCH64, X86_64
from nanoclaw.sandboxes.seccomp.policy import ALLOWED, CONDITIONAL
from nanoclaw.sandboxes.seccomp.profile import oci_profile

_NEVER = """
    ptrace process_vm_readv process_vm_writev mknod mknodat unshare setns mount umount2 move_mount open_tree fsopen
    fsmount fsconfig fspick pivot_root chroot keyctl add_key request_key bpf userfaultfd perf_event_open
    io_uring_setup io_uring_enter io_uring_register open_by_handle_at init_module finit_module delete_module
    kexec_load kexec_file_load reboot swapon swapoff iopl ioperm acct quotactl syslog settimeofday clock_settime
    adjtimex seccomp
"""


def test_calls_that_reach_out_of_a_sandbox_are_not_allowed() -> None:
    assert not ALLOWED & set(_NEVER.split())


def test_every_call_of_the_policy_has_a_number_somewhere() -> None:
    named = ALLOWED | {rule.name for rule in CONDITIONAL}
    assert named <= X86_64.keys() | AARCH64.keys()


def test_the_profile_refuses_by_default_and_allows_what_the_policy_says() -> None:
    profile = json.loads(oci_profile())
    assert (profile["defaultAction"], profile["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 1)
    free = {name for rule in profile["syscalls"] if not rule["args"] for name in rule["names"]}
    assert free == ALLOWED | {"clone3"}
    assert all(not entry["subArchitectures"] for entry in profile["archMap"])
