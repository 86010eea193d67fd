from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.operations.service.choose import choose_account, choose_keeper, draw_plan, find_installed, refuse_second
from nanoclaw.operations.service.contract import Confinement, Scope, ServiceState
from nanoclaw.operations.service.errors import (
    ForeignServiceError,
    NoServiceManagerError,
    NotInstalledError,
    NotPermittedError,
    ServiceError,
    UnfitServiceError,
)
from nanoclaw.operations.service.machine import find_account
from nanoclaw.operations.service.systemd import Systemd
from nanoclaw.settings.home import Home
from tests.unit.operations.service.conftest import Bench

RUNNING = (
    "LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=42\nNRestarts=3\nUnitFileState=enabled\n"
    "StatusText=Running\nResult=success\nExecMainStatus=0\n"
)


def keeper(bench: Bench, scope: Scope = Scope.USER) -> Systemd:
    return Systemd(machine=bench.machine, home=bench.home, account=bench.machine.account, scope=scope)


def changes(bench: Bench) -> list[str]:
    return [call for call in bench.calls() if " show " not in call]


def test_installing_writes_the_unit_and_enables_it(bench: Bench) -> None:
    done = keeper(bench).install(bench.plan())
    assert (done.changed, done.was_there) == (True, False)
    assert done.path == bench.folder / "alice/.config/systemd/user/nanoclaw.service"
    assert done.path.stat().st_mode & 0o777 == 0o644
    assert changes(bench) == ["systemctl --user daemon-reload", "systemctl --user enable nanoclaw.service"]


def test_installing_again_is_quiet_and_a_changed_plan_updates(bench: Bench) -> None:
    keeper(bench).install(bench.plan())
    bench.answer("show", RUNNING)
    before = changes(bench)
    again = keeper(bench).install(bench.plan())
    assert (again.changed, again.was_there) == (False, True)
    assert changes(bench) == before
    other = keeper(bench).install(bench.plan("/bin/true"))
    assert (other.changed, other.was_there) == (True, True)
    assert '"/bin/true"' in other.path.read_text()


def test_an_unchanged_unit_that_was_disabled_is_enabled_again(bench: Bench) -> None:
    keeper(bench).install(bench.plan())
    bench.answer("show", RUNNING.replace("UnitFileState=enabled", "UnitFileState=disabled"))
    keeper(bench).install(bench.plan())
    assert changes(bench).count("systemctl --user enable nanoclaw.service") == 2


@pytest.mark.parametrize("text", ["[Service]\nExecStart=/bin/true\n", '# nanoclaw-home: "/srv/other"\n'])
def test_anybody_elses_unit_is_neither_replaced_nor_removed(bench: Bench, text: str) -> None:
    path = keeper(bench).path
    path.parent.mkdir(parents=True)
    path.write_text(text)
    for act in (lambda: keeper(bench).install(bench.plan()), keeper(bench).uninstall, keeper(bench).report):
        with pytest.raises(ForeignServiceError):
            act()
    assert path.read_text() == text
    assert changes(bench) == []


def test_a_masked_unit_is_not_written_through(bench: Bench) -> None:
    path = keeper(bench).path
    path.parent.mkdir(parents=True)
    path.symlink_to(bench.folder / "elsewhere")
    with pytest.raises(ForeignServiceError, match="is a link"):
        keeper(bench).install(bench.plan())
    assert not (bench.folder / "elsewhere").exists()


def test_a_packages_unit_of_the_same_name_is_not_hidden(bench: Bench) -> None:
    bench.answer("show", "LoadState=loaded\nFragmentPath=/usr/lib/systemd/user/nanoclaw.service\n")
    with pytest.raises(ForeignServiceError, match="/usr/lib/systemd/user"):
        keeper(bench).install(bench.plan())


def test_without_systemd_it_says_what_to_do_instead(bench: Bench) -> None:
    (bench.folder / "root/run/systemd/system").rmdir()
    with pytest.raises(NoServiceManagerError) as caught:
        keeper(bench).install(bench.plan())
    assert "NANOCLAW_SUPERVISED=1" in caught.value.hint
    assert "wsl.conf" in caught.value.hint
    assert not keeper(bench).path.exists()


def test_without_systemctl_there_is_no_manager_either(bench: Bench) -> None:
    bench.extra["PATH"] = str(bench.folder / "nothing")
    with pytest.raises(NoServiceManagerError):
        keeper(bench).start()


def test_a_session_without_a_bus_is_told_how_to_get_one(bench: Bench) -> None:
    bench.fail("--property=Version", "Failed to connect to bus: No medium found\n")
    with pytest.raises(NoServiceManagerError, match="No medium found") as caught:
        keeper(bench).install(bench.plan())
    assert "loginctl enable-linger alice" in caught.value.hint


def test_the_machines_unit_needs_root(bench: Bench) -> None:
    with pytest.raises(NotPermittedError) as caught:
        keeper(bench, Scope.SYSTEM).install(bench.plan(scope=Scope.SYSTEM))
    assert "sudo" in caught.value.hint


def test_root_installs_the_machines_unit_for_its_account(bench: Bench) -> None:
    bench.uid = 0
    done = keeper(bench, Scope.SYSTEM).install(bench.plan(scope=Scope.SYSTEM))
    assert done.path == bench.folder / "root/etc/systemd/system/nanoclaw-alice.service"
    assert changes(bench) == ["systemctl daemon-reload", "systemctl enable nanoclaw-alice.service"]


def test_removing_stops_first_and_twice_is_nothing(bench: Bench) -> None:
    one = keeper(bench)
    one.install(bench.plan())
    before = len(changes(bench))
    assert one.uninstall()
    assert not one.path.exists()
    assert changes(bench)[before:] == [
        "systemctl --user disable --now nanoclaw.service",
        "systemctl --user daemon-reload",
        "systemctl --user reset-failed nanoclaw.service",
    ]
    assert not one.uninstall()


def test_a_start_that_fails_says_how_it_ended(bench: Bench) -> None:
    keeper(bench).install(bench.plan())
    bench.fail("start", "Job for nanoclaw.service failed.\nSee more.\n")
    bench.answer("show", "Result=exit-code\nExecMainStatus=78\n")
    with pytest.raises(ServiceError, match=r"exit-code, status 78$") as caught:
        keeper(bench).start()
    assert "service logs" in caught.value.hint


@pytest.mark.parametrize("verb", ["start", "restart"])
def test_who_starts_it_by_hand_is_not_held_up_by_the_limit_of_starts(bench: Bench, verb: str) -> None:
    one = keeper(bench)
    one.install(bench.plan())
    before = len(changes(bench))
    one.start() if verb == "start" else one.restart()
    assert changes(bench)[before:] == [
        "systemctl --user reset-failed nanoclaw.service",
        f"systemctl --user {verb} nanoclaw.service",
    ]


def test_what_a_process_said_that_is_gone_is_no_news(bench: Bench) -> None:
    keeper(bench).install(bench.plan())
    bench.answer("show", "ActiveState=failed\nSubState=failed\nStatusText=Waiting: 4 starts failed\n")
    assert keeper(bench).report().detail == "failed"


def test_the_report_says_what_systemd_says(bench: Bench) -> None:
    (bench.folder / "root/var/lib/systemd/linger/alice").touch()
    keeper(bench).install(bench.plan())
    bench.answer("show", RUNNING)
    report = keeper(bench).report(bench.plan())
    assert (report.state, report.pid, report.restarts, report.enabled) == (ServiceState.RUNNING, 42, 3, True)
    assert (report.detail, report.problems) == ("Running", ())


@pytest.mark.parametrize(
    ("active", "state"),
    [
        ("activating", ServiceState.STARTING),
        ("deactivating", ServiceState.STOPPING),
        ("inactive", ServiceState.STOPPED),
        ("failed", ServiceState.FAILED),
        ("something new", ServiceState.UNKNOWN),
    ],
)
def test_states_are_those_of_systemd(bench: Bench, active: str, state: ServiceState) -> None:
    keeper(bench).install(bench.plan())
    bench.answer("show", f"ActiveState={active}\nMainPID=0\nNRestarts=\n")
    report = keeper(bench).report()
    assert (report.state, report.pid, report.restarts) == (state, None, None)


def test_what_will_keep_it_from_running_is_named_with_what_to_do(bench: Bench) -> None:
    program = bench.folder / "gone-python"
    keeper(bench).install(bench.plan(str(program)))
    bench.answer("show", RUNNING.replace("=enabled", "=disabled") + "NeedDaemonReload=yes\n")
    bench.home.rmdir()
    problems = " ".join(keeper(bench).report().problems)
    for words in (
        f"{program}, which is not there",
        "is not there.",
        "start by itself",
        "daemon-reload",
        "enable-linger alice",
    ):
        assert words in problems


def test_a_unit_of_an_older_version_is_named(bench: Bench) -> None:
    (bench.folder / "root/var/lib/systemd/linger/alice").touch()
    keeper(bench).install(bench.plan())
    bench.answer("show", RUNNING)
    [problem] = keeper(bench).report(bench.plan("/bin/true")).problems
    assert "not what would be written now" in problem


def test_a_unit_of_a_home_that_was_moved_is_named_from_its_new_place(bench: Bench) -> None:
    old = bench.folder / "old home"
    stray = Systemd(machine=bench.machine, home=old, account=bench.machine.account, scope=Scope.USER)
    stray.path.parent.mkdir(parents=True)
    stray.path.write_text(f'# nanoclaw-home: "{old}"\n')
    [problem] = keeper(bench).report().problems
    assert stray.name in problem
    assert f"nanoclaw --home '{old}' service uninstall" in problem
    old.mkdir()
    assert keeper(bench).report().problems == ()


def test_without_a_manager_the_state_is_unknown_and_the_reason_is_there(bench: Bench) -> None:
    keeper(bench).install(bench.plan())
    (bench.folder / "root/run/systemd/system").rmdir()
    report = keeper(bench).report()
    assert report.state is ServiceState.UNKNOWN
    assert "systemd does not look after this machine" in report.problems[0]


def test_what_depends_on_the_shell_makes_no_unit_old(bench: Bench) -> None:
    (bench.folder / "root/var/lib/systemd/linger/alice").touch()
    keeper(bench).install(replace(bench.plan(), env_file=Path("/etc/claw.env")))
    bench.answer("show", RUNNING)
    assert keeper(bench).report(replace(bench.plan(), environment={"PATH": "/other"})).problems == ()
    assert keeper(bench).env_file() == Path("/etc/claw.env")


def test_a_home_has_one_service(bench: Bench) -> None:
    keeper(bench).install(bench.plan())
    refuse_second(bench.machine, bench.plan())
    with pytest.raises(ServiceError, match="has a service already"):
        refuse_second(bench.machine, bench.plan(scope=Scope.SYSTEM))
    keeper(bench).uninstall()
    bench.uid = 0
    keeper(bench, Scope.SYSTEM).install(bench.plan(scope=Scope.SYSTEM))
    refuse_second(bench.machine, bench.plan(scope=Scope.SYSTEM))
    with pytest.raises(ServiceError, match="has a service already"):
        refuse_second(bench.machine, bench.plan())


def test_the_machines_unit_of_a_home_that_is_gone_is_found_by_its_account(bench: Bench) -> None:
    bench.uid = 0
    gone = bench.folder / "gone"
    account = find_account("daemon")
    unit = Systemd(machine=bench.machine, home=gone, account=account, scope=Scope.SYSTEM)
    unit.install(replace(bench.plan(scope=Scope.SYSTEM), home=gone, account=account))
    found = find_installed(bench.machine, gone)
    assert (found.path, found.account) == (unit.path, account)
    assert found.uninstall()


def test_an_installed_service_is_found_in_its_scope(bench: Bench) -> None:
    with pytest.raises(NotInstalledError):
        find_installed(bench.machine, bench.home)
    keeper(bench).install(bench.plan())
    assert find_installed(bench.machine, bench.home).path == keeper(bench).path
    with pytest.raises(NotInstalledError):
        find_installed(bench.machine, bench.home, Scope.SYSTEM)


def test_a_home_that_is_gone_still_has_its_service(bench: Bench) -> None:
    keeper(bench).install(bench.plan())
    bench.home.rmdir()
    assert find_installed(bench.machine, bench.home).installed()


def test_a_folder_that_cannot_be_written_is_an_error_with_a_hint(bench: Bench) -> None:
    (bench.folder / "alice/.config").write_text("a file")
    with pytest.raises(ServiceError) as caught:
        keeper(bench).install(bench.plan())
    assert caught.value.hint


class TestPlan:
    def test_the_settings_say_how_far_it_can_be_closed_off(self, bench: Bench) -> None:
        account, home = bench.machine.account, Home(bench.home)
        for kind, confinement in (("auto", "namespaces"), ("bubblewrap", "namespaces"), ("docker", "engine")):
            home.config.write_text(f'[sandbox]\nkind = "{kind}"\n[agents]\nstop_seconds = 7\n')
            plan = draw_plan(home, ("/bin/sh",), account, Scope.SYSTEM, {})
            assert (plan.confinement, plan.stop_seconds) == (Confinement(confinement), 7)

    def test_podman_without_root_is_for_the_accounts_own_manager(self, bench: Bench) -> None:
        account, home = bench.machine.account, Home(bench.home)
        home.config.write_text('[sandbox]\nkind = "podman"\n')
        with pytest.raises(UnfitServiceError, match="Podman"):
            draw_plan(home, ("/bin/sh",), account, Scope.SYSTEM, {})
        assert draw_plan(home, ("/bin/sh",), account, Scope.USER, {}).scope is Scope.USER

    def test_only_where_programs_and_engines_are_is_taken_along(self, bench: Bench) -> None:
        docker = bench.folder / "bin/docker"
        docker.symlink_to("/bin/true")
        environment = {
            "PATH": str(bench.folder / "bin"),
            "DOCKER_HOST": "unix:///run/user/1000/docker.sock",
            "ANTHROPIC_API_KEY": "sk-ant-secret",
            "HTTPS_PROXY": "http://user:secret@proxy:3128",
        }
        plan = draw_plan(Home(bench.home), ("/bin/sh",), bench.machine.account, Scope.USER, environment)
        assert set(plan.environment) == {"PATH", "DOCKER_HOST"}
        assert plan.environment["PATH"].endswith(f":/bin:{bench.folder / 'bin'}")
        assert "secret" not in str(plan)

    def test_a_password_in_an_engines_address_is_refused(self, bench: Bench) -> None:
        environment = {"DOCKER_HOST": "tcp://me:secret@host:2376"}
        with pytest.raises(UnfitServiceError) as caught:
            draw_plan(Home(bench.home), ("/bin/sh",), bench.machine.account, Scope.USER, environment)
        assert "secret" not in str(caught.value)
        ssh = {"DOCKER_HOST": "ssh://me@host:22"}
        assert draw_plan(Home(bench.home), ("/bin/sh",), bench.machine.account, Scope.USER, ssh).environment[
            "DOCKER_HOST"
        ]

    def test_a_system_service_never_runs_as_root(self, bench: Bench) -> None:
        with pytest.raises(UnfitServiceError, match="root") as caught:
            choose_account(bench.machine, Path("/"), Scope.SYSTEM, None)
        assert "useradd" in caught.value.hint
        with pytest.raises(UnfitServiceError, match="root"):
            choose_account(bench.machine, bench.home, Scope.SYSTEM, "root")
        assert choose_account(bench.machine, bench.home, Scope.SYSTEM, "daemon").name == "daemon"

    def test_accounts_that_are_not_there_and_wrong_scopes_are_refused(self, bench: Bench) -> None:
        with pytest.raises(UnfitServiceError, match="no account"):
            choose_account(bench.machine, bench.home, Scope.SYSTEM, "nobody-of-this-name")
        with pytest.raises(UnfitServiceError, match="as alice"):
            choose_account(bench.machine, bench.home, Scope.USER, "daemon")
        with pytest.raises(UnfitServiceError):
            choose_account(bench.machine, bench.folder / "missing", Scope.SYSTEM, None)
        bench.platform = "darwin"
        with pytest.raises(UnfitServiceError, match="macOS"):
            choose_keeper(bench.machine, bench.home, Scope.SYSTEM)
