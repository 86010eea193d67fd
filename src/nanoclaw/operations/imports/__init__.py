"""Taking over what another program kept: so far NanoClaw v1, the TypeScript one.

The other program's folder enters, and is only read; groups, history, tasks, files and conversations come out in a home
whose lock is held. Must not know how SQLite is spoken to. Nothing in the folder is trusted.
"""
