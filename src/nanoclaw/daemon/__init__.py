"""The daemon: everything composed, started in order, kept alive, and taken down in order.

:mod:`nanoclaw.daemon.compose` is where reading starts.
"""
