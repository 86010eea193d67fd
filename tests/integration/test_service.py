"""The service under a real systemd: installed by the command, watched, killed, restarted, closed off."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.stub_model.server import StubModel
from tests.integration.installation import BASE_IMAGE, KEY
from tests.integration.real_systemd import ACCOUNT, UID, RealSystemd, private_tmp, why_not

pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=f"a real systemd: {why_not()}"),
    pytest.mark.timeout(180),
]


class Service:
    """One home, and the command on it beside a real systemd."""

    def __init__(self, systemd: RealSystemd, home: Path, owner: int) -> None:
        self.systemd = systemd
        self.home = home
        self.owner = owner

    def configure(self, kind: str, url: str) -> None:
        """A home as its owner would have it: the model is the scripted one."""
        self.home.mkdir(mode=0o700, parents=True)
        (self.home / "config.toml").write_text(
            f'[sandbox]\nkind = "{kind}"\nbase_image = "{BASE_IMAGE}"\n[channels]\n[agents]\nstop_seconds = 2\n'
        )
        (self.home / ".env").write_text(f"ANTHROPIC_API_KEY={KEY}\nANTHROPIC_BASE_URL={url}\n")
        (self.home / ".env").chmod(0o600)
        for path in (self.home, *self.home.iterdir()):
            os.chown(path, self.owner, self.owner)

    def nanoclaw(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """The command, as somebody at the machine runs it."""
        command = [sys.executable, "-P", "-m", "nanoclaw", "--home", str(self.home), *arguments]
        return self.systemd.run(*command, seconds=seconds)

    def must(self, *arguments: str, seconds: float = 120) -> Any:
        """The same, with --json, and it has to work."""
        ran = self.nanoclaw("--json", *arguments, seconds=seconds)
        assert ran.returncode == 0, ran.stderr + self.systemd.console()[-3000:] + self.log()
        return json.loads(ran.stdout)

    def status(self) -> Any:
        return json.loads(self.nanoclaw("--json", "service", "status").stdout)

    def until(self, what: Callable[[Any], bool], seconds: float = 60) -> Any:
        """Wait for a status."""
        end = time.monotonic() + seconds
        while not what(status := self.status()):
            assert time.monotonic() < end, json.dumps(status) + self.log() + self.systemd.console()[-3000:]
            time.sleep(0.2)
        return status

    def override(self, name: str, *lines: str) -> None:
        """What `systemctl edit` would write."""
        folder = Path(f"{self.unit_path()}.d")
        self.systemd.run("mkdir", "-p", str(folder))
        text = "[Service]\n" + "\n".join(lines)
        assert self.systemd.run("sh", "-c", 'printf "%s\n" "$1" > "$2"', "sh", text, str(folder / name)).returncode == 0
        assert self.systemd.systemctl("daemon-reload").returncode == 0

    def unit_path(self) -> str:
        return str(self.status()["path"])

    def log(self) -> str:
        path = self.home / "logs" / "nanoclaw.log"
        return path.read_text() if path.exists() else ""

    def host_pid(self) -> int:
        """The daemon's process, as seen from outside."""
        return self.systemd.outside(self.status()["pid"])


@pytest.fixture
def place() -> Iterator[Path]:
    """Where every account can go, and no private /tmp hides anything."""
    made = Path(tempfile.mkdtemp(prefix="nanoclaw-test-", dir="/srv"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def user(place: Path) -> Iterator[RealSystemd]:
    made = RealSystemd("user", place)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def system(place: Path) -> Iterator[RealSystemd]:
    made = RealSystemd("system", place)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def own(user: RealSystemd, model: tuple[StubModel, str]) -> Service:
    """A service of root's own account, in a home whose name tries systemd's escapes; on bubblewrap."""
    made = Service(user, user.place / 'my 50% "claw" $HOME é', 0)
    made.configure("bubblewrap", model[1])
    return made


async def test_a_service_is_installed_answers_and_is_removed(own: Service) -> None:
    done = await asyncio.to_thread(own.must, "service", "install")
    assert done["changed"]
    assert done["started"]
    status = own.status()
    assert (status["state"], status["detail"], status["enabled"]) == ("running", "Running", True)
    assert [problem for problem in status["problems"] if "linger" not in problem] == []
    assert any("loginctl enable-linger root" in problem for problem in status["problems"])
    answer = await asyncio.to_thread(own.must, "send", "hello", seconds=120)
    assert answer["outcome"] == "answered"

    again = own.must("service", "install")
    assert not again["changed"]
    assert own.status()["pid"] == status["pid"]

    assert own.must("service", "restart")["changed"]
    assert own.status()["pid"] != status["pid"]
    own.must("service", "stop")
    assert own.status()["state"] == "stopped"
    assert own.nanoclaw("service", "status").returncode == 3
    own.must("service", "start")
    assert own.must("service", "uninstall") == {"changed": True, "name": done["name"]}
    assert own.status()["state"] == "not installed"
    assert own.must("service", "uninstall") == {"changed": False}
    assert own.nanoclaw("status").returncode == 3


async def test_a_hung_daemon_is_killed_by_the_watchdog_and_replaced(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install", "--no-start")
    own.override("quick.conf", "WatchdogSec=3", "TimeoutAbortSec=1")
    await asyncio.to_thread(own.must, "service", "start")
    first = own.status()["pid"]
    await asyncio.sleep(5)
    assert own.status()["pid"] == first, "it gives signs of life"
    os.kill(own.host_pid(), signal.SIGSTOP)
    replaced = await asyncio.to_thread(own.until, lambda status: status["pid"] not in {None, first}, 60)
    assert replaced["restarts"] >= 1
    await asyncio.to_thread(own.until, lambda status: status["state"] == "running", 60)


async def test_a_daemon_that_is_aborted_says_where_it_stood(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install", "--no-start")
    own.override("output.conf", f"StandardError=append:{own.systemd.place}/stderr")
    await asyncio.to_thread(own.must, "service", "start")
    before = own.status()["pid"]
    os.kill(own.host_pid(), signal.SIGABRT)
    await asyncio.to_thread(own.until, lambda status: status["pid"] not in {None, before})
    said = (own.systemd.place / "stderr").read_text()
    assert "Fatal Python error: Aborted" in said
    assert "store/database.py" in said


async def test_a_crash_loop_is_slowed_and_everybody_can_see_it(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install")
    first = own.status()["pid"]
    os.kill(own.host_pid(), signal.SIGKILL)
    await asyncio.to_thread(
        own.until, lambda status: status["state"] == "running" and status["pid"] not in {None, first}
    )
    os.kill(own.host_pid(), signal.SIGKILL)
    # The file says so first, and the manager when it was told.
    waiting = await asyncio.to_thread(own.until, lambda status: "2 starts in a row failed" in status["detail"])
    assert waiting["state"] == "starting"
    assert "the next begins in 10 s" in waiting["detail"]
    assert waiting["breaker"]["next_start"]
    # A slow machine must not be done with waiting before it was looked at.
    os.kill(own.host_pid(), signal.SIGSTOP)
    assert "2 starts in a row failed" in own.nanoclaw("status").stderr
    os.kill(own.host_pid(), signal.SIGCONT)
    recovered = await asyncio.to_thread(own.until, lambda status: status["state"] == "running")
    assert recovered["breaker"]["failures"] == 2
    assert "start delayed" in own.log()
    assert "start delayed" in own.nanoclaw("service", "logs", "-n", "50").stdout
    # systemd's own limit stops everybody but a person with our command.
    own.override("limit.conf", "[Unit]", "StartLimitBurst=1")
    name = own.status()["name"]
    assert [own.systemd.systemctl("restart", name).returncode for _ in range(2)][-1] != 0
    assert own.until(lambda status: status["state"] == "failed")["last_exit"].startswith("start-limit-hit")
    own.must("service", "restart")
    assert (own.status()["state"], own.status()["breaker"]["failures"]) == ("running", 0)


async def test_what_no_restart_mends_is_not_started_again(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install")
    (own.home / "config.toml").write_text("[agents]\nat_once = 0\n")
    ran = own.nanoclaw("service", "restart")
    assert ran.returncode == 1
    assert "status 78" in ran.stderr
    await asyncio.sleep(4)
    status = own.status()
    assert (status["state"], status["last_exit"]) == ("failed", "exit-code, status 78")


async def test_a_stop_by_command_lasts_and_a_stray_signal_does_not(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install")
    before = own.status()["pid"]
    os.kill(own.host_pid(), signal.SIGTERM)
    again = await asyncio.to_thread(
        own.until, lambda status: status["state"] == "running" and status["pid"] not in {None, before}
    )
    assert again["breaker"]["failures"] == 0
    own.must("stop")
    await asyncio.sleep(4)
    assert own.status()["state"] == "stopped"


async def test_credentials_are_handed_over_and_stand_in_no_unit(own: Service) -> None:
    secrets = own.systemd.place / "secrets of 100%.env"
    secrets.write_text((own.home / ".env").read_text())
    (own.home / ".env").unlink()
    secrets.chmod(0o640)
    refused = own.nanoclaw("service", "install", "--env-file", str(secrets))
    assert refused.returncode == 1
    assert "Others can read" in refused.stderr
    secrets.chmod(0o600)
    await asyncio.to_thread(own.must, "service", "install", "--env-file", str(secrets))
    assert own.must("status")["model_key"] == "ANTHROPIC_API_KEY in the service's credentials"
    unit = own.systemd.run("cat", own.unit_path()).stdout
    assert "LoadCredential=nanoclaw.env:" in unit
    assert KEY not in unit
    environment = own.systemd.run("cat", f"/proc/{own.status()['pid']}/environ").stdout
    assert KEY not in environment


async def test_a_unit_for_a_home_or_a_program_that_is_gone_is_named(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install", "--no-start")
    moved = own.home.with_name("moved")
    own.home.rename(moved)
    other = Service(own.systemd, moved, 0)
    [problem] = other.status()["problems"]
    assert str(own.home) in problem
    assert "service uninstall" in problem
    path = own.unit_path()
    own.systemd.run("sed", "-i", 's#^\\(.* nanoclaw-program: \\).*#\\1"/gone/python"#', path)
    problems = own.status()["problems"]
    assert any("/gone/python, which is not there" in problem for problem in problems)
    assert any("home" in problem and "is not there" in problem for problem in problems)
    own.must("service", "uninstall")
    assert other.status()["problems"] == []


@pytest.mark.parametrize("kind", [pytest.param("docker", marks=pytest.mark.docker), "bubblewrap"])
async def test_agents_work_inside_the_closed_off_system_service(
    system: RealSystemd, model: tuple[StubModel, str], kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "docker":
        request.getfixturevalue("base_image")
    service = Service(system, system.place / "home" / ".nanoclaw", UID)
    service.configure(kind, model[1])
    done = await asyncio.to_thread(service.must, "service", "install", "--system")
    assert done["name"] == f"nanoclaw-{ACCOUNT}.service"
    properties = system.show(done["name"])
    assert (properties["NoNewPrivileges"], properties["ProtectSystem"]) == ("yes", "strict")
    assert (properties["PrivateTmp"], properties["Type"]) == (private_tmp(), "notify")
    status = (system.run("cat", f"/proc/{properties['MainPID']}/status")).stdout
    assert f"Uid:\t{UID}\t{UID}" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "Seccomp:\t2" in status
    answer = await asyncio.to_thread(service.must, "send", "hello", seconds=150)
    assert answer["outcome"] == "answered", service.log()
    await asyncio.to_thread(service.must, "service", "uninstall", "--system")


async def test_the_journals_lines_and_the_logs_come_together(system: RealSystemd, model: tuple[StubModel, str]) -> None:
    system.keep_journal()
    service = Service(system, system.place / "home" / ".nanoclaw", UID)
    service.configure("bubblewrap", model[1])
    await asyncio.to_thread(service.must, "service", "install", "--system")
    end = time.monotonic() + 20
    while True:
        lines = service.must("service", "logs", "--system", "-n", "100")["lines"]
        kept = [line["text"] for line in lines if line["source"] == "manager"]
        if any("is running. Talk to it" in text for text in kept):
            break
        assert time.monotonic() < end, lines
        await asyncio.sleep(0.5)
    assert any("daemon.main: ready" in line["text"] for line in lines if line["source"] == "log")
    stamped = [line["at"] for line in lines]
    assert all(stamped)
    assert stamped == sorted(stamped)
    assert KEY not in str(lines)
    assert len(service.must("service", "logs", "-n", "1")["lines"]) == 1


def test_the_machines_service_is_made_for_an_account_that_has_no_home_yet(system: RealSystemd) -> None:
    service = Service(system, system.place / "home" / ".nanoclaw", UID)
    refused = service.nanoclaw("service", "install", "--system")
    assert refused.returncode == 1
    assert "--account" in refused.stderr
    done = service.must("service", "install", "--system", "--account", ACCOUNT, "--no-start")
    assert (service.home.stat().st_uid, service.home.stat().st_mode & 0o777) == (UID, 0o700)
    assert not done["started"]
    shutil.rmtree(service.home)
    assert any("is not there" in problem for problem in service.status()["problems"])
    assert service.must("service", "uninstall")["name"] == done["name"]


async def test_the_newest_lines_are_printed_and_followed(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install")
    command = [sys.executable, "-P", "-m", "nanoclaw", "--home", str(own.home), "service", "logs", "-f", "-n", "5"]
    following = asyncio.to_thread(own.systemd.run, "timeout", "--signal=INT", "12", *command)
    task = asyncio.ensure_future(following)  # noqa: TID251 - awaited below
    await asyncio.sleep(3)
    own.must("service", "restart")
    said = (await task).stdout
    assert "daemon.main: ready" in said
    assert said.index("daemon.main: stopping") > said.index("daemon.main: ready")
    assert "Traceback" not in said


async def test_a_home_that_is_in_use_is_waited_for(own: Service) -> None:
    await asyncio.to_thread(own.must, "service", "install", "--no-start")
    command = [sys.executable, "-P", "-m", "nanoclaw", "--home", str(own.home), "run"]
    other = subprocess.Popen([*own.systemd.enter(), *command], env=own.systemd.environment, stdin=subprocess.DEVNULL)
    try:
        while own.nanoclaw("status").returncode:
            await asyncio.sleep(0.2)
        refused = own.nanoclaw("service", "start")
        assert refused.returncode == 1
        assert "runs in this home already" in refused.stderr
        assert own.systemd.systemctl("start", "--no-block", str(own.status()["name"])).returncode == 0
        waiting = await asyncio.to_thread(own.until, lambda status: "in use by process" in status["detail"])
        assert (waiting["state"], waiting["restarts"]) == ("starting", 0)
        assert own.nanoclaw("stop").returncode == 0
        assert other.wait(60) == 0
    finally:
        other.kill()
        other.wait(60)
    ready = await asyncio.to_thread(own.until, lambda status: status["state"] == "running")
    assert ready["restarts"] == 0


@pytest.mark.parametrize(
    ("prepare", "allowed"),
    [("true", True), ("mount --bind /proc/sys /proc/sys", False), ("mount --bind /dev/null /proc/kmsg", False)],
)
def test_the_kernel_lets_a_sandbox_mount_proc_only_where_nothing_is_covered(prepare: str, *, allowed: bool) -> None:
    # What ProtectProc, ProtectKernelTunables and ProtectKernelLogs do, by hand. In services of these tests' systemd
    # the kernel allows all three, probably because the old root, with its own /proc, stays below the new one.
    script = (
        "mount --make-rprivate / && umount -R -l /proc"
        " && mount -t proc -o nosuid,nodev,noexec,hidepid=invisible proc /proc"
        f" && {prepare} && exec setpriv --reuid 65534 --regid 65534 --clear-groups"
        " unshare --user --map-root-user --mount --pid --fork mount -t proc -o nosuid,nodev,noexec proc /proc"
    )
    command = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (ran.returncode == 0) is allowed, ran.stderr


def test_a_foreign_unit_of_the_same_name_stays(user: RealSystemd) -> None:
    service = Service(user, user.place / "root" / ".nanoclaw", 0)
    folder = user.place / "root" / ".config" / "systemd" / "user"
    folder.mkdir(parents=True)
    (theirs := folder / "nanoclaw.service").write_text("[Service]\nExecStart=/bin/true\n")
    for verb in ("install", "uninstall", "start", "status"):
        ran = service.nanoclaw("service", verb)
        assert ran.returncode == 1
        assert "was not made by nanoclaw" in ran.stderr
    assert theirs.read_text() == "[Service]\nExecStart=/bin/true\n"
    theirs.unlink()
    theirs.symlink_to("/dev/null")
    assert "is a link, to /dev/null" in service.nanoclaw("service", "install").stderr
