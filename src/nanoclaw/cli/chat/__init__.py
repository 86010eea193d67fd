"""A conversation in the terminal: lines go in, the answer appears as it is written.

It speaks to the daemon over the control socket, and brings a daemon of its own when none runs.
"""
