"""What agents may ask of the kernel: an allowlist by purpose. What is not named here fails with EPERM.

Left out on purpose, beside everything that needs a capability anyway: ``ptrace`` and ``process_vm_*`` (one process
reads or hangs another), ``mknod`` (FIFOs block whoever opens them on the host), ``unshare``, ``setns`` and namespace
flags of ``clone`` (each new namespace opens kernel code to the unprivileged), mounts of both generations, ``bpf``,
``perf_event_open``, ``userfaultfd``, ``io_uring`` (a history of privilege escalations, and no filter sees its
requests), keyrings (shared between containers), ``open_by_handle_at`` (escapes a bind mount), ``seccomp`` listeners,
and every socket family but the four below, AF_VSOCK among them (it reaches the hypervisor past any network namespace).
"""

from dataclasses import dataclass
from enum import StrEnum

FILES = (
    "access faccessat faccessat2 open openat openat2 creat close close_range read write readv writev pread64 pwrite64 "
    "preadv pwritev preadv2 pwritev2 lseek stat fstat lstat newfstatat statx statfs fstatfs getdents getdents64 "
    "readlink readlinkat rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir "
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask truncate ftruncate fallocate fadvise64 "
    "readahead utime utimes futimesat utimensat chdir fchdir getcwd dup dup2 dup3 fcntl flock fsync fdatasync sync "
    "syncfs sync_file_range sendfile splice tee vmsplice copy_file_range ioctl getxattr lgetxattr fgetxattr listxattr "
    "llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr memfd_create "
    "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch name_to_handle_at"
)
WAITING = (
    "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 pipe pipe2 "
    "eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime nanosleep clock_nanosleep "
    "pause futex futex_waitv futex_wake futex_wait futex_requeue restart_syscall io_setup io_destroy io_submit "
    "io_cancel io_getevents io_pgetevents"
)
MEMORY = (
    "brk mmap munmap mremap mprotect madvise msync mincore mlock mlock2 munlock mlockall munlockall membarrier rseq "
    "pkey_alloc pkey_free pkey_mprotect map_shadow_stack mseal process_madvise process_mrelease"
)
PROCESSES = (
    "fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigaction rt_sigprocmask "
    "rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack "
    "pidfd_open pidfd_send_signal getpid getppid gettid getpgrp getpgid setpgid getsid setsid set_tid_address "
    "set_robust_list get_robust_list prctl arch_prctl getrlimit setrlimit prlimit64 getrusage getpriority setpriority "
    "ioprio_get ioprio_set capget capset landlock_create_ruleset landlock_add_rule landlock_restrict_self"
)
SCHEDULING = (
    "sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler "
    "sched_setscheduler sched_getattr sched_setattr sched_get_priority_max sched_get_priority_min "
    "sched_rr_get_interval getcpu"
)
IDENTITY = (
    "getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid "
    "setfsuid setfsgid setgroups"
)
TIME = (
    "time times gettimeofday clock_gettime clock_getres alarm getitimer setitimer timer_create timer_settime "
    "timer_gettime timer_getoverrun timer_delete"
)
MACHINE = "uname sysinfo getrandom"
SOCKETS = (
    "bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt sendto recvfrom sendmsg recvmsg "
    "sendmmsg recvmmsg shutdown"
)
SHARED_MEMORY = "shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl"

_GROUPS = (FILES, WAITING, MEMORY, PROCESSES, SCHEDULING, IDENTITY, TIME, MACHINE, SOCKETS, SHARED_MEMORY)
ALLOWED = frozenset(name for group in _GROUPS for name in group.split())
"""Allowed whatever the arguments. A name that an architecture does not have is skipped there."""

EPERM = 1
ENOSYS = 38
NOT_THERE = frozenset({"clone3"})
"""Fails with ENOSYS: a filter cannot see its flags, and the C library falls back to ``clone``."""


class Comparison(StrEnum):
    """How an argument is held against a value."""

    EQUAL = "SCMP_CMP_EQ"
    NO_BIT_OF = "SCMP_CMP_MASKED_EQ"
    """None of the value's bits is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Argument number ``argument`` (from 0) compares with ``value``, a number below 2**32."""

    argument: int
    comparison: Comparison
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A call that is allowed when all conditions hold."""

    name: str
    conditions: tuple[Condition, ...]


_NEW_NAMESPACES = 0x7E02_0080
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWTIME."""
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_NETLINK_ROUTE = 0


def _equal(argument: int, value: int) -> Condition:
    return Condition(argument=argument, comparison=Comparison.EQUAL, value=value)


CONDITIONAL = (
    Rule(name="clone", conditions=(Condition(argument=0, comparison=Comparison.NO_BIT_OF, value=_NEW_NAMESPACES),)),
    *(Rule(name="socket", conditions=(_equal(0, family),)) for family in (_AF_UNIX, _AF_INET, _AF_INET6)),
    Rule(name="socket", conditions=(_equal(0, _AF_NETLINK), _equal(2, _NETLINK_ROUTE))),
    Rule(name="socketpair", conditions=(_equal(0, _AF_UNIX),)),
    *(Rule(name="personality", conditions=(_equal(0, value),)) for value in (0, 8, 0xFFFF_FFFF)),
)
"""Allowed when one of the rules of that name holds. The C library asks AF_NETLINK which addresses there are."""
