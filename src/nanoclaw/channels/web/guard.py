"""What every request must pass before it is looked at, and what every answer says to the browser.

The port is open to each program of this machine, and through the owner's browser to every page of the web. ``Host``
must be ours (a foreign name that was pointed at 127.0.0.1 is refused), ``Origin`` must be ours where something is
changed or streamed, and no answer may be framed, sniffed, cached or read by another origin.
"""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from nanoclaw.channels.web.answers import problem

_POLICY = "Content-Security-Policy"
_HEADERS = {
    _POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "nanoclaw",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HTTP_PORT = 80


def own_hosts(port: int) -> frozenset[str]:
    """The values of ``Host`` that mean this server."""
    with_port = {f"{name}:{port}" for name in _NAMES}
    return frozenset(with_port | set(_NAMES)) if port == _HTTP_PORT else frozenset(with_port)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: the same headers on every answer, errors and streams too."""
    for name, value in _HEADERS.items():
        # A file that is sent out has a stricter policy of its own.
        if name != _POLICY or name not in response.headers:
            response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")


def guard(port: int) -> Middleware:
    """A middleware that refuses what was not meant for us."""
    hosts = own_hosts(port)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Host", "").lower() not in hosts:
            return problem(403, "This address is not mine", "Open the page as http://127.0.0.1 with its port.")
        if request.path.startswith("/api/") and not _is_own(request):
            return problem(403, "Another site may not ask this", "Use the page of this address.")
        return await handler(request)

    return check


def _is_own(request: web.Request) -> bool:
    """Whether our own page asks. Browsers leave ``Origin`` out only when a page reads from its own origin."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return request.method in {"GET", "HEAD"}
    return origin.lower() == f"http://{request.headers['Host'].lower()}"
