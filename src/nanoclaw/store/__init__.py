"""What must survive: chats, messages, turns, replies, sessions and usage in one SQLite database, tasks in another.

Values go in and come out; every change of state is one function and one transaction, acknowledged only when it is on
disk. The store must not know channels, agents or the event loop's other business; whoever needs waking is woken by the
caller after a commit.
"""
