"""The sheets beside the chats, in a real browser: groups, tasks, usage."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.control.channel_shapes import ChannelTestShape
from nanoclaw.control.shapes import ChannelShape
from nanoclaw.control.task_shapes import AddTaskRequest, RunShape, TaskShape
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.integration.web_window import SIZES, fits, screenshots, show_all_chats, sign_in, unnamed, window

pytestmark = pytest.mark.browser


GROUPS = {
    "groups": [
        {
            "folder": "main",
            "name": "Main",
            "trigger": "@Andy",
            "requires_trigger": False,
            "is_main": True,
            "chats": [{"channel": "web", "chat": "main", "name": "Main", "last_activity": "2026-11-22T08:00:00.000Z"}],
            "session_id": None,
            "options": {"network": "none"},
        },
        {
            "folder": "family",
            "name": "Family & friends with a name that is a good deal longer than most of them are",
            "trigger": "@Andy",
            "requires_trigger": True,
            "is_main": False,
            "chats": [],
            "session_id": None,
            "options": {},
        },
    ],
    "unregistered": [
        {"channel": "whatsapp", "chat": "12@g.us", "name": "Book Club", "last_activity": "2026-11-22T08:00:00.000Z"}
    ],
}
OPTIONS = {
    "options": [
        {"name": "model", "allowed": "the name of a model, or nothing for the default"},
        {"name": "network", "allowed": "one of none, allowlist, public"},
        {"name": "budget_day_usd", "allowed": "a number from 0 to 100000, or nothing for the default"},
    ]
}


def used(key: str, calls: int, cost: float) -> dict[str, Any]:
    """One line of usage."""
    tokens = {"input_tokens": 1_234 * calls, "output_tokens": 321 * calls, "cache_write_tokens": 99 * calls}
    return {"key": key, "calls": calls, **tokens, "cache_read_tokens": 123_456 * calls, "cost_usd": cost}


USAGE = {
    "by": "day",
    "lines": [used("2026-11-22", 12, 1.5), used("2026-11-21", 3, 0.0123)],
    "total": used("", 15, 1.5123),
}


def a_task(number: int, **special: Any) -> dict[str, Any]:
    """A task as the control API shows it."""
    usual = {
        "id": number,
        "group": "main",
        "channel": "web",
        "chat": "main",
        "name": "Morning news",
        "prompt": "Read the news of the town and tell me in five lines what has happened since yesterday.",
        "schedule_type": "cron",
        "schedule_value": "0 8 * * 1-5",
        "context_mode": "group",
        "missed": "once",
        "script": "",
        "state": "active",
        "created_at": "2026-11-22T08:00:00.000Z",
        "next": ["2026-11-24T08:00:00+01:00"],
    }
    return TaskShape.model_validate({**usual, **special}).model_dump(mode="json")


def a_run(number: int, **special: Any) -> dict[str, Any]:
    """A run as the control API shows it."""
    usual = {
        "id": number,
        "task": 7,
        "scheduled_at": "2026-11-22T08:00:00.000Z",
        "due": "2026-11-22T09:00:00+01:00",
        "state": "succeeded",
        "result": "Rain.",
    }
    return RunShape.model_validate({"result": "Rain.", **usual, **special}).model_dump(mode="json")


TASKS = [
    a_task(7),
    a_task(
        8,
        name="",
        state="paused",
        schedule_type="interval",
        schedule_value="7200000",
        next=[],
        problem="The group has no such chat any more",
        prompt="https://example.org/" + "x" * 200,
    ),
]
RUNS = [a_run(2, state="failed", result="", error="The model was busy"), a_run(1, by_hand=True)]


_CHANNELS = [
    ChannelShape(name="web", status="up", detail="http://127.0.0.1:8787", since="2026-11-22T08:00:00.000Z"),
    ChannelShape(name="telegram", status="starting", since="2026-11-22T08:00:00.000Z"),
    ChannelShape(
        name="whatsapp",
        status="down",
        condition="logged-out",
        detail="The session was ended on the telephone, or by WhatsApp.",
        hint="`nanoclaw auth whatsapp` links it again.",
        since="2026-11-22T09:30:00.000Z",
    ),
]
CHANNELS = [channel.model_dump(mode="json") for channel in _CHANNELS]
TESTED = ChannelTestShape(
    channel=ChannelShape(name="whatsapp", status="down"),
    ok=False,
    probe="failed",
    probe_detail="nobody answers",
    message="undelivered",
    message_detail="not within 15 s",
).model_dump(mode="json")


class Daemon:
    """The control operations, with answers as they are documented; notes what was changed."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.changes: list[tuple[str, str, Any]] = []
        self.problem: dict[str, str] | None = None
        self.channels = CHANNELS

    async def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if method == "GET":
            self.asked.append(path)
            return 200, json.dumps(self._answer(path.partition("?")[0])).encode()
        if self.problem is not None:
            return 422, json.dumps(self.problem).encode()
        self.changes.append((method, path, json.loads(body) if body else None))
        return 200, json.dumps(TESTED if path.endswith("/test") else {}).encode()

    def _answer(self, path: str) -> dict[str, Any]:
        match path:
            case "/v1/groups":
                return GROUPS
            case "/v1/status":
                return {"channels": self.channels}
            case "/v1/options":
                return OPTIONS
            case "/v1/usage":
                return USAGE
            case "/v1/tasks":
                return {"tasks": TASKS}
            case "/v1/tasks/7/runs":
                return {"runs": RUNS}
            case _:
                raise AssertionError(path)


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
def world(tmp_path: Path) -> ChannelWorld:
    return ChannelWorld("web", tmp_path / "web", chats={"main": "Main", "family": "Family"}, options={"port": 0})


@pytest.fixture
async def channel(world: ChannelWorld, daemon: Daemon) -> AsyncIterator[WebChannel]:
    web = WebChannel(operations=daemon)
    async with running(web, world.surroundings()):
        yield web


async def open_sheet(page: Page, name: str) -> None:
    await show_all_chats(page)
    await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.get_by_role("heading", name=name, exact=True)).to_be_focused()


@pytest.mark.parametrize(("name", "size"), SIZES)
async def test_groups_are_shown_set_up_and_registered(
    browser: Browser, channel: WebChannel, daemon: Daemon, name: str, size: tuple[int, int]
) -> None:
    async with window(browser, size) as page:
        await sign_in(page, channel)
        await open_sheet(page, "Groups")
        await expect(page.get_by_label("Message", exact=True)).to_be_hidden()
        await page.get_by_text("Main", exact=True).last.click()
        network = page.get_by_label("Network")
        await expect(network.first).to_have_value("none")
        assert await fits(page)
        assert await unnamed(page) == []
        await screenshots(page, f"web-groups-{name}")
        await network.first.select_option("public")
        await page.get_by_label("Budget day (USD)").first.fill("2")
        await page.get_by_role("button", name="Save").first.click()
        await expect(page.get_by_role("status").filter(has_text="Saved: Main")).to_be_visible()
        await page.get_by_text("Book Club").click()
        await page.get_by_role("button", name="Register").first.click()
        await expect(page.get_by_role("status").filter(has_text="Registered: Book Club")).to_be_visible()
        if name == "phone":
            await page.get_by_role("button", name="Show all chats").click()
        await page.get_by_role("navigation", name="Chats").get_by_role("button", name="Main").click()
        await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    assert daemon.changes == [
        ("PATCH", "/v1/groups/main", {"changes": {"network": "public", "budget_day_usd": "2"}}),
        (
            "POST",
            "/v1/groups",
            {
                "name": "Book Club",
                "folder": "book-club",
                "channel": "whatsapp",
                "chat": "12@g.us",
                "requires_trigger": True,
            },
        ),
    ]


@pytest.mark.parametrize(("name", "size"), SIZES)
async def test_usage_is_added_up(
    browser: Browser, channel: WebChannel, daemon: Daemon, name: str, size: tuple[int, int]
) -> None:
    async with window(browser, size) as page:
        await sign_in(page, channel)
        await open_sheet(page, "Usage")
        await expect(page.get_by_role("row").last).to_contain_text("$1.51")
        await expect(page.get_by_role("row", name="2026-11-21")).to_contain_text("$0.0123")
        assert await fits(page)
        assert await unnamed(page) == []
        await screenshots(page, f"web-usage-{name}")
        await page.get_by_label("By").select_option("group")
        await expect(page.get_by_role("columnheader", name="Group")).to_be_visible()
        await expect(page.get_by_label("By")).to_be_focused()
    assert daemon.asked[-1] == "/v1/usage?by=group"


@pytest.mark.parametrize(("name", "size"), SIZES)
async def test_tasks_are_shown_and_held_up(
    browser: Browser, channel: WebChannel, daemon: Daemon, name: str, size: tuple[int, int]
) -> None:
    async with window(browser, size) as page:
        await sign_in(page, channel)
        await open_sheet(page, "Tasks")
        first, second = (page.get_by_role("article").nth(number) for number in range(2))
        await expect(first).to_contain_text("0 8 * * 1-5")
        # In the assistant's time, wherever the browser is.
        await expect(first).to_contain_text("24 Nov 2026, 08:00")
        await expect(second).to_contain_text("every 2h")
        await expect(second).to_contain_text("no such chat")
        await first.get_by_text("Runs").click()
        await expect(first.get_by_role("listitem")).to_have_count(2)
        await expect(first).to_contain_text("failed")
        await expect(first).to_contain_text("22 Nov 2026, 09:00: succeeded, by hand")
        assert await fits(page)
        assert await unnamed(page) == []
        await screenshots(page, f"web-tasks-{name}")
        await first.get_by_role("button", name="Pause").click()
        await expect(page.get_by_role("status").filter(has_text="Paused: Morning news")).to_be_visible()
        await second.get_by_role("button", name="Resume").click()
        await expect(page.get_by_role("status").filter(has_text="Resumed: task 8")).to_be_in_viewport()
        await expect(page.get_by_role("heading", name="Tasks")).to_be_focused()
        await second.get_by_role("button", name="Cancel").click()
        await second.get_by_role("button", name="Cancel for good?").click()
        await expect(page.get_by_role("status").filter(has_text="Cancelled: task 8")).to_be_visible()
    assert [change[:2] for change in daemon.changes] == [
        ("POST", "/v1/tasks/7/pause"),
        ("POST", "/v1/tasks/8/resume"),
        ("POST", "/v1/tasks/8/cancel"),
    ]


@pytest.mark.parametrize(("name", "size"), SIZES)
async def test_channels_say_why_they_are_down_and_what_to_do_and_can_be_tested(
    browser: Browser, channel: WebChannel, daemon: Daemon, name: str, size: tuple[int, int]
) -> None:
    async with window(browser, size) as page:
        await sign_in(page, channel)
        await show_all_chats(page)
        await page.get_by_role("button", name="Channels (1 down)").click()
        await expect(page.get_by_role("heading", name="Channels", exact=True)).to_be_focused()
        cards = page.get_by_role("article")
        await expect(cards).to_have_count(3)
        await expect(cards.nth(2)).to_contain_text("whatsapp down, logged-out")
        await expect(cards.nth(2)).to_contain_text("The session was ended on the telephone, or by WhatsApp.")
        await expect(cards.nth(2)).to_contain_text("`nanoclaw auth whatsapp` links it again.")
        await expect(cards.nth(2)).to_contain_text("22 Nov 2026")
        assert await fits(page)
        assert await unnamed(page) == []
        await screenshots(page, f"web-channels-{name}")
        await page.get_by_role("button", name="Test whatsapp").click()
        await expect(page.get_by_role("alert")).to_have_text(
            "whatsapp: message undelivered (not within 15 s), probe failed (nobody answers)."
        )
        daemon.channels = CHANNELS[:2]
        await page.get_by_role("button", name="Look again").click()
        await expect(cards).to_have_count(2)
        if name == "phone":
            await page.get_by_role("button", name="Show all chats").click()
        await expect(page.get_by_role("button", name="Channels", exact=True)).to_be_visible()
    assert daemon.changes == [("POST", "/v1/channels/whatsapp/test", {"wait_seconds": 15})]


async def test_a_task_is_made(browser: Browser, channel: WebChannel, daemon: Daemon) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        await open_sheet(page, "Tasks")
        await page.get_by_label("What to do").fill("Water the plants")
        await page.get_by_label("Repeats").select_option("interval")
        await page.get_by_label("Time").fill("soon")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_role("alert")).to_contain_text("soon is no span of time")
        await page.get_by_label("Time").fill("90m")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_role("status").filter(has_text="Added")).to_be_visible()
    [(method, path, request)] = daemon.changes
    assert (method, path) == ("POST", "/v1/tasks")
    task = AddTaskRequest.model_validate(request)
    assert (task.group, task.chat, task.schedule_type, task.schedule_value) == (
        "main",
        "web:main",
        "interval",
        "5400000",
    )


async def test_a_refused_change_says_why_and_keeps_what_was_written(
    browser: Browser, channel: WebChannel, daemon: Daemon
) -> None:
    daemon.problem = {"error": "budget_day_usd cannot be 'much'", "hint": "It is a number."}
    async with window(browser) as page:
        await sign_in(page, channel)
        await open_sheet(page, "Groups")
        await page.get_by_text("Main", exact=True).last.click()
        await page.get_by_label("Budget day (USD)").first.fill("much")
        await page.get_by_role("button", name="Save").first.click()
        await expect(page.get_by_role("alert")).to_have_text("budget_day_usd cannot be 'much'. It is a number.")
        await expect(page.get_by_label("Budget day (USD)").first).to_have_value("much")


async def test_without_a_way_to_the_daemon_there_are_chats_only(browser: Browser, world: ChannelWorld) -> None:
    web = WebChannel()
    async with running(web, world.surroundings()), window(browser) as page:
        await sign_in(page, web)
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await expect(page.get_by_role("button", name="Groups")).to_be_hidden()
