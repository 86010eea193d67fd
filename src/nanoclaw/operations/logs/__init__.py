"""Logs: what may be written, and how what was written is read again.

Records and lines enter; redacted lines, lines that were asked for and counts leave. Must not know what is logged, or
why.
"""
