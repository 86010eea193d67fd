"""What a child process may know of the machine it runs on: the environment, reduced to a keep-list."""

from collections.abc import Mapping
from pathlib import Path

KEPT = ("PATH", "LANG", "TERM", "TMPDIR")
"""All that tests and checks see of the caller's environment; ``HOME`` is a fresh folder."""

COVERAGE = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""Set by coverage, so that children are measured too."""

_FOR_INSTALLS = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
_PREFIXES_FOR_INSTALLS = ("PIP_", "UV_", "APT_", "NPM_CONFIG_", "npm_config_")
_SYSTEM_PROGRAMS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def is_forbidden(name: str) -> bool:
    """Whether a variable must never reach a test: credentials, proxies, and settings of a real installation."""
    name = name.upper()
    return name.startswith(("ANTHROPIC_", "CLAUDE", "NANOCLAW_")) or name.endswith("_PROXY")


def scrubbed(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment of a test's child process: the keep-list, and ``home`` as ``HOME``."""
    kept = {name: environment[name] for name in (*KEPT, *COVERAGE) if name in environment}
    return kept | {"HOME": str(home)}


def for_installs(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment of an installer or a daemon: also certificates, proxies, and where system programs lie."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in _FOR_INSTALLS or name.startswith(_PREFIXES_FOR_INSTALLS)
    }
    paths = [environment.get("PATH", ""), *_SYSTEM_PROGRAMS]
    extra = {"PATH": ":".join(filter(None, paths)), "DEBIAN_FRONTEND": "noninteractive"}
    return scrubbed(environment, home) | kept | extra
