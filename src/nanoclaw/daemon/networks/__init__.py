"""The channels at work, and what is seen of them.

``built_in`` which there are · ``roster`` how each is · ``at_work`` each runs in a task of its own · ``conversations``
what they may ask about their own chats. ``watch`` notes each change, with ``outages`` and ``conditions``; ``canary``
looks for itself · ``news`` and ``owner_chats`` who hears of it, where.
"""
