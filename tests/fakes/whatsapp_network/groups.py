"""Groups: who is in them, and what the server tells when that or their name changes."""

from collections.abc import Sequence

from tests.fakes.whatsapp_network.addresses import LID, Address
from tests.fakes.whatsapp_network.nodes import Attributes, Node
from tests.fakes.whatsapp_network.queries import describe, participant
from tests.fakes.whatsapp_network.world import Account, World, group_address, new_id


class Group:
    """The owner is a member from the beginning, until ``remove``d."""

    def __init__(self, world: World, name: str, members: Sequence[Account], addressing: str = LID) -> None:
        self.id = group_address()
        self.name = name
        self.addressing = addressing
        self._world = world
        self.admins: list[Account] = []
        self._members: list[Account] = [world.owner, *members]
        world.groups[self.id] = self

    def members(self) -> list[Account]:
        """Everybody in it now."""
        return list(self._members)

    def announce(self, by: Account) -> None:
        """Tell the owner's devices that they were put into this new group."""
        self._notify(by, Node("create", {"type": "new", "key": new_id()}, [describe(self)]))

    def rename(self, name: str, by: Account) -> None:
        """Give it another name."""
        self.name = name
        self._notify(by, Node("subject", {"subject": name, "s_t": self._world.now(), "s_o": self._id_of(by)}))

    def promote(self, account: Account, by: Account) -> None:
        """Let somebody administer it."""
        self.admins.append(account)
        self._notify(by, Node("promote", {}, [participant(account, self)]))

    def demote(self, account: Account, by: Account) -> None:
        """Let somebody administer it no more."""
        self.admins.remove(account)
        self._notify(by, Node("demote", {}, [participant(account, self)]))

    def add(self, account: Account, by: Account) -> None:
        """Put somebody in."""
        self._members.append(account)
        self._notify(by, Node("add", {}, [participant(account, self)]))

    def remove(self, account: Account, by: Account) -> None:
        """Throw somebody out."""
        self._members.remove(account)
        self._notify(by, Node("remove", {}, [participant(account, self)]))

    def _id_of(self, account: Account) -> Address:
        return account.lid if self.addressing == LID else account.phone

    def _notify(self, by: Account, change: Node) -> None:
        attributes: Attributes = {
            "from": self.id,
            "type": "w:gp2",
            "id": new_id(),
            "participant": self._id_of(by),
            "t": self._world.now(),
            "notify": by.name,
            "addressing_mode": self.addressing,
        }
        self._world.put(Node("notification", attributes, [change]))
