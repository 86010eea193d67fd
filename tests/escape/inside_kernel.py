"""Attempts on the kernel and on processes: /proc, /sys, devices, privileges, processes, limits."""

# ruff: noqa: E501 - a script stands as it would be typed

from tests.escape.attempt import DENIED, MISSING, NOT_PERMITTED, READ_ONLY, Attempt, python, shell

_SECCOMP = "The seccomp allowlist"
_CAPABILITIES = "No capabilities, no_new_privs and the seccomp allowlist"
_MOUNTS = "Only the group's own folders are mounted"
_KERNEL = f"{READ_ONLY}|{DENIED}|{MISSING}|{NOT_PERMITTED}"
# tee says why it cannot write; a redirection of sh does not always.
_WRITE = 'write() { echo "$1" | tee "$2"; }\n'

PROC: tuple[Attempt, ...] = (
    shell("kernel settings", "Have the kernel run a program: core pattern, modprobe, uevent helper",
          _WRITE + "for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /sys/kernel/uevent_helper; do "
          "try write /tmp/x $f; done", _KERNEL, "/proc/sys and /sys are read-only or not there", tries=3),
    shell("magic keys", "Speak to the kernel by a magic key", _WRITE + "try write h /proc/sysrq-trigger", _KERNEL,
          "/proc is read-only there, and the agent is not root"),
    shell("kernel memory", "Read the kernel's memory and its log",
          "try sh -c 'test -n \"$(head -c 64 /proc/kcore)\"'\ntry head -c 64 /dev/mem\ntry dmesg\ntry head -c 9 /dev/kmsg",
          f"{_KERNEL}|HELD $", "Masked, not there, or refused by the seccomp allowlist", tries=4),
    shell("kernel addresses", "Learn where the kernel lies", "grep -v '^0* ' /proc/kallsyms | head | shows ' '",
          "nothing of it", "The kernel hides them from those without capabilities"),
    shell("own limits", "Raise one's own limits",
          _WRITE + "for f in memory.max pids.max cpu.max cgroup.procs; do try write max /sys/fs/cgroup/$f; done\n"
          "try prlimit --pid $$ --nofile=900000:900000\ntry write -1000 /proc/$$/oom_score_adj",
          _KERNEL, "Read-only or absent control groups; hard limits", tries=6),
    shell("release agent", "Mount a control group with a release agent",
          "mkdir -p /tmp/cg\ntry mount -t cgroup -o rdma cgroup /tmp/cg\ntry mount -t cgroup2 none /tmp/cg",
          "must be superuser|permission denied|not permitted", _CAPABILITIES, tries=2),
)  # fmt: skip

DEVICES: tuple[Attempt, ...] = (
    python("make a device", "Make device files of disks",
           "attempt(os.mknod, '/tmp/disk', 0o60666, os.makedev(254, 0))\n"
           "attempt(os.mknod, '/tmp/disk', 0o60666, os.makedev(8, 0))", "EPERM", _SECCOMP, tries=2),
    shell("disks", "Open the disks of the machine",
          "for d in sda vda nvme0n1 dm-0; do try head -c 1 /dev/$d; done", MISSING, "A /dev with pseudo devices only",
          tries=4),
    shell("terminals", "Write to the terminals of the host",
          _WRITE + "for t in /dev/tty1 /dev/console /dev/pts/0 /dev/tty; do try write x $t; done",
          f"{MISSING}|{DENIED}|No such device or address|Read-only", "A /dev of its own, and no terminal", tries=4),
    shell("loop and fuse", "Mount a file system of one's own making",
          "truncate -s 1M /tmp/i\ntry mount -o loop /tmp/i /tmp\ntry test -e /dev/fuse\ntry test -e /dev/loop-control",
          "must be superuser|permission denied|not permitted|failed|HELD $", _CAPABILITIES, tries=3),
    python("virtual machines", "Use the processor's virtualisation, or speak to the hypervisor",
           "attempt(os.open, '/dev/kvm', os.O_RDWR)\nattempt(socket.socket, 40, socket.SOCK_STREAM)",
           "ENOENT|EPERM", "No /dev/kvm; AF_VSOCK is not allowed", tries=2),
    python("terminal injection", "Push letters into a terminal",
           "import fcntl, termios\nattempt(fcntl.ioctl, 0, termios.TIOCSTI, b'x')\n"
           "attempt(fcntl.ioctl, 2, termios.TIOCLINUX if hasattr(termios, 'TIOCLINUX') else 0x541C, b'\\x03')",
           "EPERM|ENOTTY", "There is no terminal", tries=2),
)  # fmt: skip

PRIVILEGES: tuple[Attempt, ...] = (
    shell("engine sockets", "Speak to the container engine",
          "for s in docker.sock podman/podman.sock containerd/containerd.sock; do try test -S /run/$s; "
          "try test -S /var/run/$s; done", "HELD $", _MOUNTS, tries=6),
    shell("capabilities", "Have capabilities, or run without a filter",
          "n=$(grep -cE 'Cap(Inh|Prm|Eff|Bnd|Amb):\\s0+$|NoNewPrivs:\\s1|Seccomp:\\s2' /proc/self/status)\n"
          "if [ $n = 7 ]; then echo HELD all 7; else echo BREACH $n; fi", "all 7",
          "All dropped, from the bounding set, too", control=True),
    shell("setuid programs", "Become root by a setuid program",
          "try su -c id root\n"
          "cp /bin/sh /tmp/rootsh; chmod 6755 /tmp/rootsh; /tmp/rootsh -p -c id | shows 'uid=0|euid=0'",
          "Authentication failure|must be run from a terminal|Permission denied|System error|Critical error|nothing of it",
          "no_new_privs", tries=2),
    python("become root", "Become root by a system call",
           "attempt(os.setuid, 0)\nattempt(os.setgid, 0)\nattempt(os.setgroups, [0])\nattempt(os.setresuid, 0, 0, 0)",
           "EPERM", _CAPABILITIES, tries=4),
    shell("file capabilities", "Give a program a capability", "cp /bin/true /tmp/able\n"
          "try python3 -c \"import os; os.setxattr('/tmp/able', 'security.capability', b'\\x01\\0\\0\\2' + b'\\xff' * 16)\"",
          "not permitted|Operation not supported|Invalid argument", _CAPABILITIES),
    shell("user namespace", "Become root in a namespace of one's own", "try unshare -Ur id\ntry unshare -m true\n"
          "try unshare -n true\ntry unshare -p --fork true", NOT_PERMITTED, _SECCOMP, tries=4),
    python("clone", "Make a namespace by clone and by clone3",
           "attempt(call, 'unshare', 0x10000000)\nimport platform\n"
           "attempt(call, 56 if platform.machine() == 'x86_64' else 220, 0x10000011, 0, 0, 0, 0)\n"
           "attempt(call, 435, (ctypes.c_uint64 * 11)(0x10000000), 88)", "EPERM|ENOSYS", _SECCOMP, tries=3),
    shell("mount", "Mount: a new file system, the root again, the workspace with set-user-id",
          "try mount -t tmpfs x /tmp\ntry mount --bind / /tmp\ntry mount -o remount,rw /",
          "must be superuser|permission denied|not permitted|only root", _CAPABILITIES, tries=3),
    python("new mount calls", "Mount by the calls of the new interface",
           "attempt(call, 428, -100, b'/', 0)\nattempt(call, 430, b'tmpfs', 0)\nattempt(call, 429, -1, b'', -100, b'/', 0)\n"
           "attempt(call, 'pivot_root', b'/tmp', b'/tmp') if hasattr(libc, 'pivot_root') else "
           "attempt(call, 155, b'/tmp', b'/tmp')", "EPERM", _SECCOMP, tries=4),
    shell("change the root", "Change the root", "try chroot / id", NOT_PERMITTED, _CAPABILITIES),
    shell("enter namespaces", "Enter the namespaces of process 1", "try nsenter -t 1 -m id\ntry nsenter -t 1 -n id",
          f"{NOT_PERMITTED}|{DENIED}", _SECCOMP, tries=2),
    python("take over by ptrace", "Take over `claude` and process 1 by ptrace",
           "for pid in (claude(), 1):\n    attempt(call, 'ptrace', 16, pid, 0, 0)\n"
           "    attempt(call, 'ptrace', 0x4206, pid, 0, 0)", "EPERM", _SECCOMP, tries=4),
    python("foreign memory", "Read and write another process's memory by a call",
           "buffer = (ctypes.c_char * 8)()\nvector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)\n"
           "for name in ('process_vm_readv', 'process_vm_writev'):\n"
           "    attempt(call, name, claude(), vector, 1, vector, 1, 0)", "EPERM", _SECCOMP, tries=2),
    python("kernel interfaces", "Use bpf, perf, userfaultfd, io_uring, key rings, modules, kexec",
           "import platform\nx = platform.machine() == 'x86_64'\n"
           "for number in ((321, 298, 323, 425, 250, 248, 175, 246) if x else (280, 241, 282, 425, 219, 217, 105, 104)):\n"
           "    attempt(call, number, 0, 0, 0, 0, 0)", "EPERM|ENOSYS", _SECCOMP, tries=8),
    shell("host processes", "See processes of the host, and read their environments",
          "cat /proc/[0-9]*/comm | shows 'dockerd|pytest|containerd'\ncat /proc/[0-9]*/environ | tr '\\0' '\\n' | shows "
          "'{secret}'", "nothing of it", "A process namespace of its own", tries=2, control=True),
    python("signals to the host", "Send signals to nanoclaw's daemon",
           "attempt(os.kill, {daemon}, 0)\nattempt(os.pidfd_open if hasattr(os, 'pidfd_open') else os.kill, {daemon}, 0)",
           "ESRCH", "A process namespace of its own", tries=2, control=True),
    python("end the first process", "Kill process 1, so that the sandbox's guards end",
           "import signal\ndef end():\n    os.kill(1, signal.SIGKILL)\n    time.sleep(0.3)\n    open('/proc/1/stat').close()\n"
           "    raise OSError(errno.EINVAL, 'it lives')\nattempt(end)", "it lives|EPERM",
           "The kernel shields process 1 from its own namespace"),
    python("shared memory", "Attach a shared memory segment of the host",
           "attempt(call, 'shmget', {memory}, 16, 0)", "ENOENT", "An IPC namespace of its own", control=True),
    shell("clock", "Set the machine's clock", "try date -s 2001-01-01\n"
          "try python3 -c 'import time; time.clock_settime(time.CLOCK_REALTIME, 1e9)'\n"
          "", NOT_PERMITTED, "No capability; the calls are not allowed", tries=2),
    python("clock by adjustment", "Bend the machine's clock slowly",
           "attempt(call, 'adjtimex', (ctypes.c_uint64 * 32)(0x4001, 0, 1000000))\n"
           "attempt(call, 'settimeofday', (ctypes.c_uint64 * 2)(10**9, 0), None)", "EPERM", _SECCOMP, tries=2),
    shell("name and power", "Rename the machine, turn swap on, restart it",
          'try hostname evil\ntry python3 -c "import ctypes, os, sys; libc = ctypes.CDLL(None, use_errno=True); '
          'r = libc.reboot(0x89ABCDEF - (1 << 32)); e = ctypes.get_errno(); print(os.strerror(e)); sys.exit(r != 0)"',
          "not permitted|must be root", _CAPABILITIES, tries=2),
)  # fmt: skip

LIMITS: tuple[Attempt, ...] = (
    python("open files", "Use up file descriptors",
           "def fill():\n    held = [os.open('/dev/null', os.O_RDONLY) for _ in range(100_000)]\nattempt(fill)",
           "EMFILE", "A hard limit of the sandbox's own", alone=True),
    python("temporary folders", "Fill /tmp, the home and /dev/shm",
           "def fill(path):\n    try:\n        with open(path, 'wb', 0) as file:\n            for _ in range(600):\n"
           "                file.write(b'x' * (1 << 20))\n    finally:\n        os.unlink(path)\n"
           "for place in ('/tmp', os.environ['HOME'], '/dev/shm'):\n    attempt(fill, f'{place}/fill')",
           "ENOSPC|EFBIG", "File systems in memory, of fixed sizes", tries=3, alone=True),
    python("large file", "Write a file that is larger than allowed, and one with holes",
           "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
           "def grow(size):\n    try:\n        with open('large', 'wb') as file:\n            file.truncate(size)\n"
           "            file.seek(size - 1); file.write(b'x')\n    finally:\n        os.unlink('large')\n"
           "attempt(grow, 101 << 20)\nattempt(grow, 1 << 50)", "EFBIG", "A limit on the size of files", tries=2, alone=True),
    python("processes", "A fork bomb",
           "def bomb():\n    mine = []\n    try:\n        for _ in range(5000):\n            pid = os.fork()\n"
           "            if pid == 0:\n                time.sleep(8)\n                os._exit(0)\n            mine.append(pid)\n"
           "    finally:\n        for pid in mine:\n            os.kill(pid, 9)\n        for pid in mine:\n"
           "            os.waitpid(pid, 0)\nattempt(bomb)", "EAGAIN", "A limit on processes", alone=True),
    python("pending signals", "Use up the signals that may be pending and the timers of the user",
           "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])\n"
           "def queue():\n    for _ in range(500_000):\n        call('sigqueue', os.getpid(), int(signal.SIGRTMIN), 0)\n"
           "attempt(queue)", "EAGAIN", "The kernel's limit for the sandbox's user", alone=True),
)  # fmt: skip
