"""What a channel needs in the store before it runs."""

from nanoclaw.daemon.answers.people import ensure_owners
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.groups import MAIN_FOLDER
from nanoclaw.store.groups import Groups
from nanoclaw.store.people import People

_WEB = ChannelName("web")


async def welcome(groups: Groups, people: People, name: ChannelName) -> None:
    """The owner, where the channel itself proves who that is; and the owner's own chat on the page."""
    await ensure_owners(people, frozenset({name}))
    if name == _WEB:
        await groups.bind(MAIN_FOLDER, ChatAddress(channel=_WEB, chat=MAIN_FOLDER), "Main")
