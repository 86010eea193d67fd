"""A WhatsApp of one's own, on 127.0.0.1: the real client library links itself to it, logs in, and chats, unmodified.

What enters: what people do (a contact writes, the owner's phone scans a code, the server misbehaves). What leaves: what
the client did, decrypted as its recipients read it. It speaks TLS, WebSocket, Noise, the binary stanzas and the Signal
protocol, because the client does; it knows nothing of the product. Begin reading at ``server``.

The client is pointed at it from outside, by environment variables alone: see ``trust``.
"""
