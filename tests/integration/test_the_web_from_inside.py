"""What an agent's tools reach on the web and what not: the real ``claude``, its real Bash and WebFetch, real TLS."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.stub_model.script import Answer, Rule, Script, ToolCall
from tests.integration.installation import Installation
from tests.integration.internet import ALLOWED, NOTES, OTHER, Internet, internet
from tests.integration.test_what_an_owner_can_do import said

CA = "/workspace/group/ca.pem"
"""Inside the sandbox."""
RESULT = Answer(reply="{tool_result}")


def bash(command: str) -> Rule:
    said = f"({command}) 2>&1; echo status $?"
    return Rule(tool=ToolCall(name="Bash", input={"command": said, "description": "x"}), then=(RESULT,))


def web_fetch(url: str) -> Rule:
    return Rule(tool=ToolCall(name="WebFetch", input={"url": url, "prompt": "When does it leave?"}), then=(RESULT,))


def denied(installation: Installation) -> set[str]:
    """What the gateway refused, by its own log."""
    log = installation.run("gateway", "log", "--denied", "--json")
    return {line["target"] for line in json.loads(log.stdout)["lines"]}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Internet]:
    folder = tmp_path / "internet"
    folder.mkdir()
    async with internet(folder) as running:
        yield running


@pytest.fixture
async def online(installation: Installation, world: Internet) -> Installation:
    """A running installation on a machine whose way out is a proxy, with one host allowed; its agent trusts the CA."""
    installation.environment["HTTPS_PROXY"] = world.proxy
    installation.config = f'[gateway]\nallow = ["{ALLOWED}"]\n'
    group = installation.home / "groups" / "main"
    (group / ".claude").mkdir(parents=True)
    (group / "ca.pem").write_bytes(world.authority)
    (group / ".claude" / "settings.json").write_text(json.dumps({"env": {"NODE_EXTRA_CA_CERTS": CA}}))
    await installation.start()
    return installation


async def test_curl_reaches_an_allowed_host_and_no_other(online: Installation, world: Internet) -> None:
    online.script(bash(f"curl -sS --cacert {CA} https://{ALLOWED}/"))
    assert "The ferry leaves at 08:15." in await online.answer("look")
    online.script(bash(f"curl -sS --cacert {CA} https://{OTHER}/"))
    assert "403" in await online.answer("look elsewhere")
    assert world.asked == [f"{ALLOWED}:443"]
    assert denied(online) == {f"{OTHER}:443"}


async def test_git_clones_from_an_allowed_host_and_from_no_other(online: Installation, world: Internet) -> None:
    clone = (
        f"cd /tmp && rm -rf notes && git -c http.sslCAInfo={CA} clone -q https://%s/notes.git && cat notes/notes.txt"
    )
    online.script(bash(clone % ALLOWED))
    assert NOTES in await online.answer("clone it")
    online.script(bash(clone % OTHER))
    answer = await online.answer("clone the other")
    assert NOTES not in answer
    assert "403" in answer
    assert {path.split()[0] for path in world.paths} == {ALLOWED}


async def test_pip_installs_from_an_allowed_host_and_from_no_other(online: Installation, world: Internet) -> None:
    online.script(bash("python3 -m pip --version"))
    if "status 0" not in await online.answer("is pip there?"):
        pytest.skip("needs pip for /usr/bin/python3, which bubblewrap takes from this machine")
    pip = f"python3 -m pip --disable-pip-version-check --retries 0 --cert {CA}"
    source = f"--no-deps --index-url https://{ALLOWED}/simple lighthouse"
    online.script(bash(f"{pip} download -q -d /tmp/kept {source} && ls /tmp/kept"))
    assert "lighthouse-1.0-py3-none-any.whl" in await online.answer("download it")
    shine = "python3 -c 'import lighthouse; print(lighthouse.LIGHT)'"
    online.script(bash(f"python3 -m venv v && . v/bin/activate && {pip} install -q {source} && {shine}"))
    assert "three flashes" in await online.answer("install it")
    online.script(bash(f"{pip} download -d /tmp/more --no-deps --index-url https://{OTHER}/simple lighthouse"))
    answer = await online.answer("from the other")
    assert "No matching distribution" in answer
    assert denied(online) == {f"{OTHER}:443"}
    assert {path.split()[0] for path in world.paths} == {ALLOWED}


async def test_web_fetch_reads_an_allowed_page_and_no_other_and_asks_nobody_else(
    online: Installation, world: Internet
) -> None:
    online.model.replace_script(
        Script(rules=(web_fetch(f"https://{ALLOWED}/"),), side_reply="At a quarter past eight.")
    )
    assert "At a quarter past eight." in await online.answer("when does the ferry leave?")
    read = [request for request in online.model.requests if "The ferry leaves at 08:15." in json.dumps(request.body)]
    assert read, "the page was never put before the model"
    online.model.replace_script(Script(rules=(web_fetch(f"https://{OTHER}/"),), side_reply="At noon."))
    answer = await online.answer("and the other one?")
    assert "At noon." not in answer
    assert world.asked == [f"{ALLOWED}:443"]
    assert denied(online) == {f"{OTHER}:443"}
    assert await said(online, f"wants to reach {OTHER}:443")


async def test_a_redirect_leads_no_further_than_the_allowlist(online: Installation, world: Internet) -> None:
    for path in ("to-the-inside", "to-this-machine", "to-another-host"):
        online.script(bash(f"curl -sSL --cacert {CA} https://{ALLOWED}/{path}"))
        assert "403" in await online.answer(f"follow {path}")
    online.script(web_fetch(f"https://{ALLOWED}/to-the-inside"))
    await online.answer("fetch it")
    assert set(world.asked) == {f"{ALLOWED}:443"}
    assert {f"{OTHER}:443", "169.254.169.254:443", "host.docker.internal:443"} <= denied(online)
