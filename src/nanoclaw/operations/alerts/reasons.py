"""Why a message was not taken, in words of ours: what libraries say of it may hold an address with its password."""

import re

from nanoclaw.operations.alerts.contract import Sent

_REFUSED_LOGIN = Sent(
    problem="the service does not accept the user name, password or token",
    hint="Check the address in .env; many mail providers want a password made for one program.",
)
_KINDS = (
    (r"\(53[0458],|535[ -]|authenticat(?:ion|e).{0,40}(?:fail|error|invalid)|error=40[13]\b", _REFUSED_LOGIN),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify|SSLCert",
        Sent(problem="the service's certificate is not trusted", hint="Check the host's name in the address."),
    ),
    (
        r"WRONG_VERSION_NUMBER|SSLError|ssl\.|STARTTLS extension not supported|\[SSL",
        Sent(problem="no encrypted connection came about", hint="Check the port, and mailto or mailtos."),
    ),
    (
        r"Name or service not known|nodename nor servname|name resolution|getaddrinfo|NameResolutionError",
        Sent(problem="there is no host of that name", hint="Check the host in the address, and this machine's DNS."),
    ),
    (
        r"Connection refused|Errno 111\b|Errno 61\b|actively refused",
        Sent(problem="the connection was refused", hint="Check host and port; the service may be down."),
    ),
    (
        r"timed out|TimeoutError|Timeout\b|Errno 110\b|Errno 60\b",
        Sent(problem="the service did not answer in time", hint="Check host and port, and the way to it."),
    ),
    (
        r"unreachable|Errno 101\b|Errno 113\b|No route to host",
        Sent(problem="the network does not reach the service", hint="Check this machine's network."),
    ),
    (
        r"error=4(?:04|10)\b",
        Sent(problem="the service does not know the address", hint="Check the path in the address."),
    ),
    (r"error=429\b", Sent(problem="the service takes no more for a while", hint="It is tried again.")),
    (r"error=5\d\d\b", Sent(problem="the service itself is in trouble", hint="It is tried again.")),
    (
        r"SMTPRecipientsRefused|\(55\d,|SMTPSenderRefused|SMTPDataError",
        Sent(
            problem="the mail server does not take mail of this sender, or for this receiver",
            hint="Check from= and to=.",
        ),
    ),
    (
        r"Connection unexpectedly closed|Connection reset|RemoteDisconnected|Connection aborted|Errno 104\b",
        Sent(problem="the service broke the connection off", hint="Check the port; it is tried again."),
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), sent) for pattern, sent in _KINDS)


def explain(said: str) -> Sent:
    """The reason that stands in what libraries said."""
    for pattern, sent in _PATTERNS:
        if pattern.search(said):
            return sent
    return Sent(problem="the service did not take it", hint="Check the address: each kind of route has its own form.")
