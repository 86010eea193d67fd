"""Questions of the agent on a whole installation: asked in the right chat, answered in every way, or over."""

import time

import pytest
from playwright.async_api import async_playwright, expect

from nanoclaw.stub_model.script import Rule
from tests.integration.installation import Installation
from tests.integration.test_what_an_owner_can_do import said, tool
from tests.integration.web_window import launch

ASK = tool("ask_user", question="Tea or coffee?", options=["tea", "coffee"])
RULES = (Rule(when="drink", tool=ASK, times=1), Rule(when="<answers>", reply="As you like."), Rule(reply="Asked."))


def prompt_of(installation: Installation) -> str:
    """All that the model saw last."""
    return str(installation.model.requests[-1].body)


async def test_a_question_is_asked_in_the_chat_it_came_from_and_answered_there_by_a_word(docker: Installation) -> None:
    docker.script(*RULES)
    await docker.start()
    await docker.add_group("family", requires_trigger=True)
    await docker.answer("@Andy what shall we drink?", group="family")
    question = await said(docker, "Tea or coffee?", group="family")
    assert question == "Tea or coffee?\n\n1. tea\n2. coffee\n\nAnswer with the number or the words."
    assert not any("Tea or coffee?" in text for text in await docker.outgoing("main"))
    in_main = await docker.answer("coffee")
    assert in_main == "Asked.", "in another chat the word is a message like any other"
    assert "<answers>" not in prompt_of(docker)
    untriggered = await docker.send("lemonade", group="family", wait=0)
    assert untriggered["outcome"] == "not_triggered"
    assert await docker.answer("Coffee", group="family") == "As you like."
    assert "<answers>Tea or coffee?</answers>Coffee" in prompt_of(docker)
    again = await docker.send("coffee", group="family", wait=0)
    assert again["outcome"] == "not_triggered", "a question is answered once"


async def test_a_question_that_nobody_answers_is_over_and_the_chat_is_told(docker: Installation) -> None:
    docker.config = "[assistant]\nquestion_hours = 0.0015\n"
    docker.script(*RULES)
    await docker.start()
    began = time.monotonic()
    await docker.answer("what shall we drink?")
    await said(docker, "Nobody answered in time: Tea or coffee?")
    assert time.monotonic() - began > 5
    assert await docker.answer("2") == "Asked."
    assert "<answers>" not in prompt_of(docker)
    assert (await docker.outgoing()).count("Nobody answered in time: Tea or coffee?") == 1


async def test_a_question_that_ran_out_while_the_daemon_was_down_is_over_at_its_start(docker: Installation) -> None:
    docker.config = "[assistant]\nquestion_hours = 0.0015\n"
    docker.script(*RULES)
    await docker.start()
    await docker.answer("what shall we drink?")
    await docker.kill()
    time.sleep(6)  # noqa: ASYNC251 - nothing of ours goes on meanwhile
    await docker.start()
    await said(docker, "Nobody answered in time: Tea or coffee?")


@pytest.mark.browser
async def test_a_question_is_answered_with_a_button_of_the_page(docker: Installation) -> None:
    docker.config = "[channels.web]\nport = 0\n"
    docker.script(*RULES)
    await docker.start()
    await docker.until("any(channel['link'] for channel in status['channels'])")
    (link,) = [channel["link"] for channel in (await docker.get("/v1/status"))["channels"] if channel["link"]]
    async with async_playwright() as playwright:
        browser = await launch(playwright, docker.environment)
        page = await browser.new_page(viewport={"width": 360, "height": 640})
        await page.goto(link)
        await expect(page.get_by_role("heading", name="Main")).to_be_visible()
        await page.get_by_label("Message", exact=True).fill("what shall we drink?")
        await page.keyboard.press("Enter")
        button = page.get_by_role("group", name="Answers").get_by_role("button", name="coffee")
        await expect(button).to_be_visible(timeout=30_000)
        await expect(page.get_by_text("Asked.")).to_be_visible(timeout=30_000)
        await button.click()
        await expect(page.get_by_text("As you like.")).to_be_visible(timeout=30_000)
        await expect(button).to_be_hidden()
        await browser.close()
    assert "<answers>Tea or coffee?</answers>coffee" in prompt_of(docker)
