"""The script behind ``nanoclaw demo``: enough of an assistant to show the way of a message, and honest about itself."""

from nanoclaw.stub_model.script import Answer, Rule, Script, ToolCall

# A chat message may start with the trigger, as in "@Andy help".
_START = r"(?is)\A\s*(?:@\S+[\s,:]+)?"

_ABOUT = "I am a scripted model, not an AI: I look for a few fixed phrases and answer with fixed sentences."
_HELP = f"""{_ABOUT}

You can write:
- time? : I run `date` in the sandbox
- list files : I run `ls -la` in the working directory
- remember WHATEVER : I add a line to CLAUDE.md, the memory file of this chat
- help : this list

Anything else I repeat. The sandbox, the queue and the memory are the real ones; with an API key the answers are too."""


def demo_script() -> Script:
    """Greets, helps, tells the time, lists files and remembers, with the real Bash tool; else it echoes."""
    return Script(
        rules=(
            _says(r"(?:hi|hello|hey|good (?:morning|evening|day))\b", f"Hello! {_ABOUT} Write `help` to see which."),
            _says(r"(?:/?help|what can you do)\b", _HELP),
            _says(r"(?:who|what) are you\b|are you (?:an? )?(?:ai|real|human|claude)\b", _ABOUT),
            _runs(
                r"(?:what(?:'s| is) the )?time\b\W*\Z", "date", "Tell the time", "In the sandbox it is {tool_result}."
            ),
            _runs(
                r"list (?:the |my )?files\b", "ls -la", "List the files here", "These are the files:\n\n{tool_result}"
            ),
            _runs(
                r"remember\b[\s,:]*(?P<fact>\S.*)",
                "printf -- '- %s\\n' {fact:shell} >> CLAUDE.md && tail -n 1 CLAUDE.md",
                "Add a line to the memory",
                "I had a line added to CLAUDE.md. The command answered:\n\n{tool_result}",
            ),
            _says("", "You wrote: {text}\n\n(I am a scripted model, not an AI. Write `help` to see what I react to.)"),
        ),
        side_reply="A demo conversation",
    )


def _says(phrase: str, reply: str) -> Rule:
    return Rule(when_regex=f"{_START}(?:{phrase})", reply=reply)


def _runs(phrase: str, command: str, description: str, reply: str) -> Rule:
    call = ToolCall(name="Bash", input={"command": command, "description": description})
    return Rule(when_regex=f"{_START}(?:{phrase})", tool=call, then=(Answer(reply=reply),))
