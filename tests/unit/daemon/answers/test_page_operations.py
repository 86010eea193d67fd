"""The page's way to the control API, over the real one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.control.client import ControlClient
from nanoclaw.daemon.answers.page_operations import PageOperations
from tests.fakes.control_thread import serving


@pytest.fixture
def operations(tmp_path: Path) -> Iterator[PageOperations]:
    socket = tmp_path / "control.sock"
    with serving(socket):
        yield PageOperations(ControlClient(socket))


async def ask(operations: PageOperations, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    status, answer = await operations(method, path, b"" if body is None else json.dumps(body).encode())
    return status, json.loads(answer)


async def test_an_answer_is_passed_on(operations: PageOperations) -> None:
    status, answer = await ask(operations, "GET", "/v1/groups")
    assert status == 200
    assert answer["groups"][0]["folder"] == "main"


async def test_a_refusal_keeps_its_status_its_words_and_its_advice(operations: PageOperations) -> None:
    status, problem = await ask(operations, "PATCH", "/v1/groups/main", {"changes": {"network": "sometimes"}})
    assert status == 422
    assert "network" in problem["error"]
    assert problem["hint"]


async def test_what_is_no_json_is_refused_here(operations: PageOperations) -> None:
    assert (await operations("POST", "/v1/groups", b"{"))[0] == 400


async def test_a_socket_that_is_gone_is_said(tmp_path: Path) -> None:
    status, problem = await ask(PageOperations(ControlClient(tmp_path / "none.sock")), "GET", "/v1/groups")
    assert status == 503
    assert problem["error"]
