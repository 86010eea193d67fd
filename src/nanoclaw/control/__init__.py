"""The owner's hand on the daemon: an HTTP API on a Unix socket that only the owner can open.

Requests come in as the shapes of :mod:`nanoclaw.control.shapes`, answers leave as the same; the OpenAPI document is
made of them. The server must not know how anything is done: it calls the :class:`~nanoclaw.control.service.Service`
that the root hands it. The client is plain and quick to import, for commands.
"""
