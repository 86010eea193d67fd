"""What alerts arrive at: a real mail server that wants a login, and a web server in the place of an SMS gateway."""

import email
import json
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "andy", "correct-horse-battery"


class _QuietController(Controller):
    """Logins without TLS, on this machine only, are what is wanted here: it need not warn at each connection."""

    def factory(self) -> SMTP:
        """Serve one connection."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = super().factory()  # type: ignore[no-untyped-call]
        assert isinstance(made, SMTP)
        return made


class MailServer:
    """Takes mail from whoever knows the password, on 127.0.0.1."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.mails: list[Message] = []
        self.refusing = False
        self._controller: Controller | None = None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        """Keep a mail, or refuse it."""
        if self.refusing:
            return "550 5.7.1 not from you"
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(email.message_from_bytes(content))
        return "250 OK"

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    def start(self) -> None:
        """Serve from now on."""
        self._controller = _QuietController(
            self,
            hostname="127.0.0.1",
            port=self.port,
            auth_required=True,
            auth_require_tls=False,
            authenticator=self._authenticate,
        )
        self._controller.start()

    def stop(self) -> None:
        """Serve no more; the port stays its own."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def url(self, password: str = PASSWORD) -> str:
        """The address of a route to it."""
        return (
            f"mailto://{USER}:{password}@127.0.0.1:{self.port}/?smtp=127.0.0.1&mode=insecure"
            "&from=nanoclaw@example.org&to=owner@example.org"
        )

    @property
    def subjects(self) -> list[str]:
        """Of every mail."""
        return [str(email.header.make_header(email.header.decode_header(mail["Subject"]))) for mail in self.mails]

    @property
    def texts(self) -> list[str]:
        """Every mail's plain text."""
        return [_plain(mail) for mail in self.mails]


def _plain(mail: Message) -> str:
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload.decode()
    raise AssertionError(mail.as_string())


class Gateway:
    """Takes POSTs of JSON or of forms, as SMS gateways and webhooks do; answers with ``status``."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                gateway.asked += 1
                if gateway.status == 200:
                    is_json = "json" in self.headers["Content-Type"]
                    values = json.loads(body) if is_json else {name: one[0] for name, one in parse_qs(body).items()}
                    gateway.taken.append(values | {"path": self.path})
                self.send_response(gateway.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def url(self, secret: str = "token-of-the-gateway", kind: str = "json") -> str:  # noqa: S107 - of a test
        """The address of a route to it."""
        return f"{kind}://{self.address}/send/{secret}"

    @contextmanager
    def serving(self) -> Iterator["Gateway"]:
        """Serve inside the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
