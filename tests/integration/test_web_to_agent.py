"""From a real browser through the daemon and a sandboxed agent, and back to the page."""

import pytest
from playwright.async_api import async_playwright, expect

from nanoclaw.stub_model.script import Rule
from tests.integration.installation import Installation
from tests.integration.web_window import launch, screenshot


@pytest.mark.browser
@pytest.mark.docker
async def test_a_message_written_on_the_page_is_answered_there(docker: Installation) -> None:
    docker.config = "[channels.web]\nport = 0\n"
    docker.script(Rule(reply="Hello from the **sandbox**.", chunk_ms=100, chunk_size=5))
    await docker.start()
    await docker.until("any(channel['link'] for channel in status['channels'])")
    (link,) = [channel["link"] for channel in (await docker.get("/v1/status"))["channels"] if channel["link"]]
    async with async_playwright() as playwright:
        browser = await launch(playwright, docker.environment)
        page = await browser.new_page(viewport={"width": 360, "height": 640})
        await page.goto(link)
        await expect(page.get_by_role("heading", name="Main")).to_be_visible()
        await page.get_by_label("Message", exact=True).fill("hello from the page")
        await page.keyboard.press("Enter")
        await expect(page.locator("strong", has_text="sandbox")).to_be_visible(timeout=30_000)
        await expect(page.get_by_text("Answered")).to_be_visible()
        await screenshot(page, "web-to-agent-phone")
        await browser.close()
    assert "hello from the page" in docker.model.requests[-1].user_text
    lines = (await docker.get("/v1/messages?group=main"))["messages"]
    assert [(line["channel"], line["direction"]) for line in lines] == [("web", "in"), ("web", "out")]
