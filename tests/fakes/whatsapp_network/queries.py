"""The client's questions (``iq`` stanzas) and their answers. Others are answered with an empty result."""

from collections.abc import Sequence

from tests.fakes.whatsapp_network.addresses import LID, SERVER
from tests.fakes.whatsapp_network.certificates import MEDIA_HOSTS
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.device import bundle_nodes
from tests.fakes.whatsapp_network.nodes import Attributes, Node
from tests.fakes.whatsapp_network.world import Account, Circle, World

_PRIVACY = ("readreceipts", "last", "online", "profile", "status", "groupadd", "calladd")


class NotFoundError(LookupError):
    """The client asked for something that does not exist."""


def answer(world: World, companion: Companion | None, request: Node) -> Node:
    """The answer to one question."""
    attributes: Attributes = {"from": request.address("to") or SERVER, "id": request.text("id")}
    try:
        content = _content(world, companion, request)
    except NotFoundError:
        error = Node("error", {"code": 404, "text": "item-not-found"})
        return Node("iq", {**attributes, "type": "error"}, [error])
    return Node("iq", {**attributes, "type": "result"}, content)


def _content(world: World, companion: Companion | None, request: Node) -> Sequence[Node] | None:
    first = next(request.children(), None)
    name = request.text("xmlns")
    match name, first.tag if first else "":
        case "encrypt", _:
            return _keys(world, companion, request)
        case "usync", _:
            return _devices(world, request.part("usync", "list"))
        case "w:m", "media_conn":
            return [_media_hosts()]
        case "privacy", _:
            return [Node("privacy", {}, [Node("category", {"name": name, "value": "all"}) for name in _PRIVACY])]
        case "w:g2", asked:
            return [_group(world, request) if asked == "query" else _groups(world)]
    return None


def _media_hosts() -> Node:
    hosts = [Node("host", {"hostname": host}) for host in MEDIA_HOSTS]
    return Node("media_conn", {"auth": "loopback", "ttl": 300, "auth_ttl": 21600, "max_buckets": 12}, hosts)


def _keys(world: World, companion: Companion | None, request: Node) -> Sequence[Node] | None:
    if request.find("count"):
        return [Node("count", {"value": len(companion.one_time) if companion else 0})]
    if wanted := request.find("key"):
        return _bundles(world, wanted)
    if companion and request.find("list"):
        companion.upload(request)
    return None


def _bundles(world: World, wanted: Node) -> list[Node]:
    users = []
    for user in wanted.children("user"):
        address = user.address("jid")
        account = world.account_of(address) if address else None
        if address is None:
            continue
        companion = world.companions.get(address.device) if account is world.owner and address.device else None
        if account is None or (address.device and companion is None):
            users.append(Node("user", {"jid": address}, [Node("error", {"code": 404, "text": "item-not-found"})]))
            continue
        bundle = companion.bundle() if companion else account.device.bundle()
        users.append(Node("user", {"jid": address}, bundle_nodes(bundle)))
    return [Node("list", {}, users)]


def _devices(world: World, wanted: Node) -> list[Node]:
    users = []
    for user in wanted.children("user"):
        address = user.address("jid")
        if address is None:
            continue
        account = world.account_of(address)
        if account is None:
            users.append(Node("user", {"jid": address}, [Node("contact", {"type": "out"})]))
            continue
        devices = [
            Node("device", {"id": number, **({"key-index": number} if number else {})})
            for number in world.devices_of(account)
        ]
        parts = [Node("devices", {}, [Node("device-list", {}, devices)]), Node("contact", {"type": "in"})]
        users.append(Node("user", {"jid": address}, [*parts, Node("lid", {"val": account.lid})]))
    return [Node("usync", {}, [Node("result", {}, [Node("devices")]), Node("list", {}, users)])]


def _groups(world: World) -> Node:
    own = [circle for circle in world.groups.values() if world.owner in circle.members()]
    return Node("groups", {}, [describe(circle) for circle in own])


def _group(world: World, request: Node) -> Node:
    address = request.address("to")
    circle = world.groups.get(address) if address else None
    if circle is None:
        raise NotFoundError(address)
    return describe(circle)


def describe(circle: Circle) -> Node:
    """A group as the server tells it."""
    members = [participant(account, circle) for account in circle.members()]
    attributes: Attributes = {"id": circle.id.user, "subject": circle.name, "addressing_mode": circle.addressing}
    return Node("group", {**attributes, "creation": 1700000000, "s_t": 1700000000, "size": len(members)}, members)


def participant(account: Account, circle: Circle) -> Node:
    """A member as the server tells it."""
    rank: Attributes = {"type": "admin"} if account in circle.admins else {}
    if circle.addressing == LID:
        return Node("participant", {"jid": account.lid, "phone_number": account.phone, **rank})
    return Node("participant", {"jid": account.phone, "lid": account.lid, **rank})
