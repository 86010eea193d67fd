"""A personal Claude assistant: chats in, sandboxed agents at work, answers out, nothing lost.

Start reading at :mod:`nanoclaw.daemon.compose`, which builds everything in the order in which a message travels.
"""

__version__ = "0.1.0"
