"""Where an agent runs: a plan goes in, an argv comes out that runs ``claude`` with piped standard streams.

A sandbox knows containers and limits. It must not know chats, turns, the SDK or the store.
"""
