"""A scripted model: the Anthropic Messages API on loopback, for tests, benchmarks and the demo.

An HTTP request enters; an answer chosen by a ``Script`` leaves, as a stream of server-sent events, as JSON or as an
error of the API's shape, and the request is kept for whoever wants to look at it. The package knows the API and the way
the ``claude`` program forms its requests; it must not know groups, chats, the store or the gateway. ``script`` is what
a person writes, ``messages`` and ``playback`` decide without any I/O, ``recording`` keeps, ``server`` listens.
"""
