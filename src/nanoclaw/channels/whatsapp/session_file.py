"""What the session's database is called, for all who look at it. It imports nothing: the child must stay small."""

SESSION_FILE = "session.db"
"""In the channel's folder."""
