"""Windows of a real browser on the web channel's page, and what a person does in them."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from nanoclaw.channels.web.channel import WebChannel

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = (360, 640), (1280, 800)
SIZES = [("phone", PHONE), ("desktop", DESKTOP)]


async def launch(playwright: Playwright, environment: dict[str, str]) -> Browser:
    return await playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=ARGUMENTS, env=dict(environment)
    )


@asynccontextmanager
async def window(browser: Browser, size: tuple[int, int] = DESKTOP, scheme: str = "light") -> AsyncIterator[Page]:
    """A window of its own; fails when the page logged an error or asked another host for anything."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-GB",
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    hosts: set[str] = set()
    faults: list[str] = []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    yield page
    assert hosts <= {"127.0.0.1"}
    assert not faults
    await context.close()


async def sign_in(page: Page, channel: WebChannel) -> None:
    await page.goto(channel.login_url() or "")
    await expect(page.get_by_role("heading", name="Main")).to_be_visible()
    assert "token" not in page.url


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def screenshot(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTIFACTS / f"{name}.png")


async def screenshots(page: Page, name: str) -> None:
    """In the dark, too."""
    await screenshot(page, f"{name}-light")
    await page.emulate_media(color_scheme="dark")
    await screenshot(page, f"{name}-dark")
    await page.emulate_media(color_scheme="light")


async def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def unnamed(page: Page) -> list[str]:
    """Controls that a screen reader could not name."""
    found: list[str] = await page.locator(
        "button:visible, input:visible, select:visible, textarea:visible, a:visible"
    ).evaluate_all(
        "nodes => nodes.filter(node => !(node.ariaLabel || node.labels?.length || node.textContent.trim()))"
        ".map(node => node.outerHTML)"
    )
    return found


def own(page: Page) -> Locator:
    return page.locator(".item.own")


async def show_all_chats(page: Page) -> None:
    """Back to the list, which a small window shows alone."""
    back = page.get_by_role("button", name="Show all chats")
    if await back.is_visible():
        await back.click()
