"""The first program in every sandbox: forwards two loopback ports to the gateway's sockets, then becomes the agent.

Usage: ``python3 -I -S entry.py [--as UID:GID] [--processes N] [--expect DEVICE:INODE:FOLDER]… [--in FOLDER] PROGRAM
[ARGUMENT…]``. A folder that is not the one expected starts nothing: what was checked outside was replaced before it was
mounted. The other options are for bubblewrap, which leaves these things to the program it starts. The listeners are
open before the program starts, so its first request finds them. The program keeps this process's id and standard
streams; the forwarder is a child that ends with it. Started as process 1, it is the other way round: the forwarder
stays, hands on signals, collects orphans, and ends with the program's status.
"""

from __future__ import annotations  # Python 3.9 inside

import os
import selectors
import signal
import socket
import sys
from array import array

ROUTES = ((8181, "/run/nanoclaw/model.sock"), (8182, "/run/nanoclaw/proxy.sock"))
CHUNK = 65_536
MOST_PAIRS = 256
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_CAPABILITY_VERSION = 0x20080522


class Stream:
    """Bytes on their way from one socket to another: at most one chunk is held."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source = source
        self.sink = sink
        self.held = b""
        self.ended = False

    def advance(self) -> None:
        """Move what can be moved without waiting. Raises OSError when either side broke."""
        if not self.held and not self.ended:
            try:
                self.held = self.source.recv(CHUNK)
            except BlockingIOError:
                return
            if not self.held:
                self.ended = True
                self.sink.shutdown(socket.SHUT_WR)
        if self.held:
            try:
                self.held = self.held[self.sink.send(self.held) :]
            except BlockingIOError:
                return


class Pair:
    """One client inside and its connection to the gateway."""

    def __init__(self, client: socket.socket, gateway: socket.socket) -> None:
        self.client = client
        self.gateway = gateway
        self.up = Stream(client, gateway)
        self.down = Stream(gateway, client)

    def wanted(self, side: socket.socket) -> int:
        """The events to wait for on one of the two sockets."""
        reading, writing = (self.up, self.down) if side is self.client else (self.down, self.up)
        events = 0
        if not reading.held and not reading.ended:
            events |= selectors.EVENT_READ
        if writing.held:
            events |= selectors.EVENT_WRITE
        return events


class Forwarder:
    """All connections, in one thread."""

    def __init__(self, listeners: list[tuple[socket.socket, str]]) -> None:
        self._selector = selectors.DefaultSelector()
        self._interest: dict[socket.socket, int] = {}
        self._pairs = 0
        for listener, path in listeners:
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, path)

    def run(self) -> None:
        """Forward until the process ends."""
        while True:
            for key, _ in self._selector.select():
                if isinstance(key.data, Pair):
                    self._serve(key.data)
                elif isinstance(key.fileobj, socket.socket):
                    self._accept(key.fileobj, key.data)

    def _accept(self, listener: socket.socket, path: str) -> None:
        try:
            client, _ = listener.accept()
        except OSError:  # the client left, or no descriptor is free: it may try again
            return
        gateway = _dial(path) if self._pairs < MOST_PAIRS else None
        if gateway is None:
            client.close()
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs += 1
        self._watch(Pair(client, gateway))

    def _serve(self, pair: Pair) -> None:
        if pair.client not in self._interest and pair.gateway not in self._interest:
            return  # closed by an earlier event of this round
        try:
            pair.up.advance()
            pair.down.advance()
        except OSError:
            self._close(pair)
            return
        if pair.up.ended and pair.down.ended:
            self._close(pair)
        else:
            self._watch(pair)

    def _watch(self, pair: Pair) -> None:
        for side in (pair.client, pair.gateway):
            events, before = pair.wanted(side), self._interest.get(side, 0)
            if events == before:
                continue
            if not before:
                self._selector.register(side, events, pair)
            elif not events:
                self._selector.unregister(side)
            else:
                self._selector.modify(side, events, pair)
            self._interest[side] = events

    def _close(self, pair: Pair) -> None:
        self._pairs -= 1
        for side in (pair.client, pair.gateway):
            if self._interest.pop(side, 0):
                self._selector.unregister(side)
            side.close()


def _dial(path: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def _let_go_of_streams() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _forward_for(parent: int, listeners: list[tuple[socket.socket, str]]) -> None:
    """Be the forwarder of a program that is this process's parent."""
    _libc_call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    _let_go_of_streams()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    Forwarder(listeners).run()


def _be_first_for(program: int, listeners: list[tuple[socket.socket, str]]) -> None:
    """Be process 1 and the forwarder of a program that is this process's child."""

    def collect(*_: object) -> None:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == program:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)
            if pid == 0:
                return

    def hand_on(number: int, *_: object) -> None:
        os.kill(program, number)

    _let_go_of_streams()
    signal.signal(signal.SIGCHLD, collect)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, hand_on)
    collect()
    Forwarder(listeners).run()


def _become(identity: str) -> None:
    """Give up root for good: the bounding set first, which only root may shrink."""
    user, group = (int(part) for part in identity.split(":"))
    for capability in range(64):
        _libc_call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    _libc_call("capset", array("I", (_CAPABILITY_VERSION, 0)).tobytes(), bytes(24))  # the inheritable set too


def _libc_call(name: str, *arguments: int | bytes) -> None:
    """Belt and braces that a minimal Python, which has no ctypes, does without."""
    try:
        import ctypes  # noqa: PLC0415 - see above
    except ImportError:
        return
    getattr(ctypes.CDLL(None), name)(*arguments)


def _limit_processes(most: int) -> None:
    import resource  # noqa: PLC0415 - not in every minimal Python, and wanted by bubblewrap alone

    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _look_at(expected: str) -> None:
    """End here if a folder is not the one that was meant."""
    device, inode, folder = expected.split(":", 2)
    found = os.stat(folder)  # noqa: PTH116 - pathlib would double the time this program takes to start
    if (found.st_dev, found.st_ino) != (int(device), int(inode)):
        sys.exit("a folder was replaced while the sandbox started")


def _failed(error: Exception) -> int:
    sys.stderr.write(f"the sandbox's entry failed: {error!r}\n")
    return 1


def _divide(listeners: list[tuple[socket.socket, str]]) -> None:
    """Split into forwarder and program; only the program comes back."""
    parent = os.getpid()
    child = os.fork()
    try:
        if parent == 1 and child:
            _be_first_for(child, listeners)
        elif parent != 1 and not child:
            _forward_for(parent, listeners)
            os._exit(1)
    except Exception as error:  # noqa: BLE001 - the boundary of a program: without it one of the halves would go on
        os._exit(_failed(error))


def main(arguments: list[str]) -> int:
    """Start the forwarder, then run the program in this very process."""
    if arguments[:1] == ["--as"]:
        _become(arguments[1])
        arguments = arguments[2:]
    if arguments[:1] == ["--processes"]:
        _limit_processes(int(arguments[1]))
        arguments = arguments[2:]
    while arguments[:1] == ["--expect"]:
        _look_at(arguments[1])
        arguments = arguments[2:]
    if arguments[:1] == ["--in"]:
        os.chdir(arguments[1])  # as the agent: a root without capabilities may not enter the agent's folders
        arguments = arguments[2:]
    listeners = [(_listen(port), path) for port, path in ROUTES]
    _divide(listeners)
    for listener, _ in listeners:
        listener.close()
    for name in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and an ignored signal survives exec
        signal.signal(name, signal.SIG_DFL)
    try:
        os.execvp(arguments[0], arguments)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.stderr.write(f"cannot start {arguments[0]}: {error.strerror}\n")
    return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
