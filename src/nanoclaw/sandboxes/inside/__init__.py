"""Programs that run where nothing of ours is installed: plain Python 3.9, the standard library, no import of nanoclaw.

They are started by path, never imported by the daemon.
"""
