"""Which headers pass the model's door, in either direction: those on a list, and none besides."""

from collections.abc import Mapping

from nanoclaw.settings.schema import Credential

_REQUEST = frozenset(
    # And x-stainless-*. Not content-encoding: what is compressed could not be looked at.
    {"accept", "anthropic-version", "content-type", "user-agent", "x-app"}
)
_ANSWER = frozenset({"content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry"})
# The account's identity (anthropic-organization-id) stays outside; the program waits by how full its limits are.
_ANSWER_PREFIX = "anthropic-ratelimit-"
_OAUTH_BETA = "oauth-2025-04-20"


def request_headers(client: Mapping[str, str], credential: Credential) -> dict[str, str]:
    """The headers of the request that leaves: the client's that are on the list, and our credential.

    Args:
        client: a multi-dict in which a name may stand more than once; the last one counts, but for the betas.
        credential: has one of its two values.
    """
    headers: dict[str, str] = {}
    betas: list[str] = []
    for name, value in client.items():
        lower = name.lower()
        if lower == "anthropic-beta":
            betas += [beta.strip() for beta in value.split(",") if beta.strip()]
        elif lower in _REQUEST or lower.startswith("x-stainless-"):
            headers[lower] = value
    # The meter reads the answer on its way, so it must come as it is.
    headers["accept-encoding"] = "identity"
    if credential.oauth_token is not None:
        betas.append(_OAUTH_BETA)
        headers["authorization"] = f"Bearer {credential.oauth_token.get_secret_value()}"
    elif credential.api_key is not None:
        headers["x-api-key"] = credential.api_key.get_secret_value()
    if betas:
        headers["anthropic-beta"] = ",".join(dict.fromkeys(betas))
    return headers


def answer_headers(upstream: Mapping[str, str]) -> dict[str, str]:
    """The headers of the answer that the agent sees."""
    headers = {
        name.lower(): value
        for name, value in upstream.items()
        if name.lower() in _ANSWER or name.lower().startswith(_ANSWER_PREFIX)
    }
    headers["server"] = "nanoclaw"
    return headers
