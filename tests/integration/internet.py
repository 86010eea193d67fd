"""An internet on loopback: a TLS server that stands for every host there is, behind a machine's HTTP proxy.

The daemon is told of the proxy as machines are, with ``HTTPS_PROXY``; nothing in it is replaced. The hosts' names end
in ``.example``, which no name server knows, so whatever reaches the server came through the gateway.
"""

import asyncio
import datetime as dt
import ssl
import subprocess
import zipfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ALLOWED, OTHER = "files.example", "other.example"
PAGE = "<html><head><title>Ferry</title></head><body><h1>Ferry</h1><p>The ferry leaves at 08:15.</p></body></html>"
WHEEL = "lighthouse-1.0-py3-none-any.whl"
NOTES = "The keeper sleeps by day."


@dataclass
class Internet:
    """What runs, and what was asked of it."""

    proxy: str
    authority: bytes
    """The certificate, as PEM, of who signed the hosts' certificates."""
    asked: list[str] = field(default_factory=list)
    """Every tunnel that the proxy was asked for, as ``host:port``."""
    paths: list[str] = field(default_factory=list)
    """Every request that reached a host, as ``host path``."""


def _certificates(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    """A server's side of TLS for both hosts, and the authority that clients must trust."""
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Authority")])
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())

    def begin(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        until = dt.datetime(2046, 1, 1, tzinfo=dt.UTC)
        made = x509.CertificateBuilder(issuer_name=root_name, subject_name=name, public_key=public)
        return made.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(until)

    root = (
        begin(root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(root_id, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in (ALLOWED, OTHER)])
    leaf = (
        begin(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ALLOWED)]), key.public_key())
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context, root.public_bytes(serialization.Encoding.PEM)


def _fill(site: Path) -> None:
    """A page, a package index with one package, and a git repository as plain files."""
    packages = site / "simple" / "lighthouse"
    packages.mkdir(parents=True)
    (packages / "index.html").write_text(f'<!DOCTYPE html><html><body><a href="{WHEEL}">{WHEEL}</a></body></html>')
    record = "lighthouse-1.0.dist-info"
    with zipfile.ZipFile(packages / WHEEL, "w") as wheel:
        wheel.writestr("lighthouse.py", "LIGHT = 'three flashes'\n")
        wheel.writestr(f"{record}/METADATA", "Metadata-Version: 2.1\nName: lighthouse\nVersion: 1.0\n")
        wheel.writestr(
            f"{record}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{record}/RECORD", "".join(f"{name},,\n" for name in wheel.namelist()))
    work = site.parent / "notes"
    quiet = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@files.example", "-c", "init.defaultBranch=main")
    for arguments in (
        ("init", "-q", str(work)),
        ("-C", str(work), "add", "."),
        ("-C", str(work), "commit", "-qm", "x"),
    ):
        subprocess.run([*quiet, *arguments], check=True, capture_output=True)
        (work / "notes.txt").write_text(NOTES)
    bare = site / "notes.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(bare)], check=True, capture_output=True)
    subprocess.run(["git", "-C", str(bare), "update-server-info"], check=True, capture_output=True)


@asynccontextmanager
async def internet(folder: Path) -> AsyncIterator[Internet]:
    """Run it; ``folder`` is for its files."""
    site = folder / "site"
    _fill(site)
    tls, authority = _certificates(folder)
    world = Internet(proxy="", authority=authority)

    async def answer(request: web.Request) -> web.StreamResponse:
        world.paths.append(f"{request.host} {request.path}")
        match request.path:
            case "/":
                return web.Response(text=PAGE, content_type="text/html")
            case "/to-the-inside":
                raise web.HTTPFound("https://169.254.169.254/latest/meta-data/")
            case "/to-this-machine":
                raise web.HTTPFound("https://host.docker.internal/")
            case "/to-another-host":
                raise web.HTTPFound(f"https://{OTHER}/")
            case _:
                file = (site / request.path.lstrip("/")).resolve()
                file = file / "index.html" if file.is_dir() else file
                return web.FileResponse(file) if file.is_file() and site in file.parents else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    proxy = await asyncio.start_server(_proxy(world, runner.addresses[0][1]), "127.0.0.1", 0)
    world.proxy = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    try:
        yield world
    finally:
        proxy.close()
        await runner.cleanup()


def _proxy(
    world: Internet, port: int
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]:
    """A machine's HTTP proxy, in whose internet there are two hosts."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, authority, _ = head.decode("ascii").split(" ", 2)
        world.asked.append(authority)
        if method != "CONNECT" or authority.partition(":")[0] not in {ALLOWED, OTHER}:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            writer.close()
            return
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_copy(reader, outer), _copy(inner, writer))

    return serve


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(65_536):
            sink.write(chunk)
            await sink.drain()
    except OSError:
        # Either side went away: so does the tunnel.
        pass
    finally:
        sink.close()
