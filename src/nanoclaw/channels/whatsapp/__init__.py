"""WhatsApp, as a linked device of the owner's account.

What enters is what WhatsApp's servers say to a linked device; what leaves are messages of the assistant. The client is
a Go library that can block or abort its process, so it lives in a child of its own, and only ``child`` imports it. It
must not know groups, turns, agents or the store.

``link`` what parent and child say to each other · ``child`` the process with the client in it.
"""
