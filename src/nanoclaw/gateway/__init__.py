"""The only way out of a sandbox: the model's API with the real credential put in, and a proxy that denies by default.

A request comes in on a Unix socket that belongs to one agent, so the socket is the identity. What leaves is a checked
request to the model's service, a tunnel to an allowed public address, or a refusal; each call is metered, each decision
audited. The gateway must not know chats, turns or the store: whoever needs usage or decisions passes a function in.
"""
