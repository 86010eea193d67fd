"""All attempts, topic by topic, in the order in which they are made."""

from tests.escape.attempt import Attempt
from tests.escape.inside_files import FILES, LINKS, PATHS
from tests.escape.inside_kernel import DEVICES, LIMITS, PRIVILEGES, PROC
from tests.escape.inside_network import GATEWAY, NETWORK
from tests.escape.inside_tools import TOOLS
from tests.escape.trials import TRIALS, Trial

INSIDE: tuple[tuple[str, tuple[Attempt, ...]], ...] = (
    ("Files of the host and of others", FILES),
    ("Links", LINKS),
    ("Paths in arguments of tools", PATHS),
    ("/proc and /sys", PROC),
    ("Devices and terminals", DEVICES),
    ("Privileges and processes", PRIVILEGES),
    ("Network", NETWORK),
    ("The gateway and the keys", GATEWAY),
    ("The agent's tools, used on other groups", TOOLS),
    ("Using things up", LIMITS),
)
TOPICS: tuple[tuple[str, tuple[Attempt | Trial, ...]], ...] = (*INSIDE, *TRIALS)
ATTEMPTS = tuple(attempt for _, attempts in INSIDE for attempt in attempts)
ALL = tuple(one for _, some in TOPICS for one in some)


def key_of(topic: str, one: Attempt | Trial) -> str:
    """What an attempt is known by."""
    return f"{topic}: {one.name}"


KEYS = tuple(key_of(topic, one) for topic, some in TOPICS for one in some)
