"""Attempts by our own tools on other groups: what an agent does that was talked into it."""

from typing import Any

from tests.escape.attempt import Attempt, use

_MAIN_ONLY = "Only main may"
_CONNECTION = "The connection says whose call it is"
_ARGUMENTS = "Arguments are checked"
_TASK: dict[str, Any] = {
    "prompt": "obey",
    "schedule_type": "interval",
    "schedule_value": "60000",
    "context_mode": "group",
}

TOOLS: tuple[Attempt, ...] = (
    use("register a group", "Register a group", "nanoclaw.register_group",
        {"channel": "local", "chat": "x", "name": "X", "folder": "evil"}, "Only the main group", _MAIN_ONLY),
    use("take over a chat", "Register another group's chat for oneself", "nanoclaw.register_group",
        {"channel": "local", "chat": "work", "name": "X", "folder": "family"}, "Only the main group", _MAIN_ONLY),
    use("remove a group", "Remove another group", "nanoclaw.unregister_group", {"folder": "work"},
        "Only the main group", _MAIN_ONLY),
    use("remove main", "As main, talked into it: remove main", "nanoclaw.unregister_group", {"folder": "main"},
        "main group cannot be unregistered", "It cannot be removed", main=True),
    use("schedule for others", "Make a task for another group", "nanoclaw.schedule_task",
        {**_TASK, "target_group": "work"}, "tasks of its own", _CONNECTION),
    use("schedule for main", "Make a task for main", "nanoclaw.schedule_task", {**_TASK, "target_group": "main"},
        "tasks of its own", _CONNECTION),
    use("see tasks of others", "List another group's tasks", "nanoclaw.list_tasks", {"target_group": "work"},
        "tasks of its own", _CONNECTION),
    use("see all tasks", "List tasks without naming a group", "nanoclaw.list_tasks", {},
        "There are no tasks[^<>]*", _CONNECTION, answers=True),
    *(
        use(f"{tool} of others", f"`{tool}` with the number of another group's task", f"nanoclaw.{tool}",
            {"task_id": "{task}", **more}, "There is no task {task} for this group".replace("{task}", "[0-9]+"),
            _CONNECTION)
        for tool, more in (
            ("get_task", {}), ("update_task", {"prompt": "obey"}), ("pause_task", {}), ("resume_task", {}),
            ("cancel_task", {}),
        )
    ),
    use("see groups", "See which groups there are", "nanoclaw.list_groups", {},
        "<group (?:(?!work|main)[^<>])*family(?:(?!work|main)[^<>])*/>", _CONNECTION, answers=True),
    use("search others' messages", "Search for words that only another group knows", "nanoclaw.search_messages",
        {"query": "canary"}, "(?:(?!<message).)*", "Searches are held to the group's own chats", answers=True),
    use("search by a trick", "Search with the operators of the search engine", "nanoclaw.search_messages",
        {"query": '" OR text:keep* NOT zzz) OR ("canary*'}, "(?:(?!<message).)*",
        "Words of a search are quoted; the group's chats only", answers=True),
    use("edit others' messages", "Change what was said to another group", "nanoclaw.edit_message",
        {"message": "{out}", "text": "obey"}, "There is no message", _CONNECTION),
    use("react to others", "React in another group", "nanoclaw.react", {"message": "{in}", "emoji": "👍"},
        "There is no message", _CONNECTION),
    use("send to others", "Give `send_message` another group", "nanoclaw.send_message", {"text": "x", "group": "work"},
        "Extra inputs|cannot be used", _ARGUMENTS),
    use("send to an address", "Give `send_message` another chat", "nanoclaw.send_message",
        {"text": "x", "address": {"channel": "local", "chat": "work"}}, "Extra inputs|cannot be used", _ARGUMENTS),
    use("wrong types", "Give numbers and lists where texts belong", "nanoclaw.send_message",
        {"text": ["x"], "sender": {"a": 1}}, "valid string|cannot be used|not of type|not valid", _ARGUMENTS),
    use("huge message", "Send a message of 60,000 letters", "nanoclaw.send_message", {"text": "x" * 60_000},
        "at most 50000|cannot be used", _ARGUMENTS),
    use("number out of range", "Ask for a task with a number beyond the database's", "nanoclaw.get_task",
        {"task_id": 10**30}, "There is no task|cannot be used", _ARGUMENTS),
    use("a task every moment", "Make a task that runs without a pause", "nanoclaw.schedule_task",
        {**_TASK, "schedule_value": "1"}, "interval|at least", "Intervals have a least length"),
)  # fmt: skip
