"""Bringing a home's databases to this version of the program, and back to what they were.

A home whose lock is held enters; a report leaves. Must not know what is in the tables, nor how a daemon is started: who
upgrades because a daemon starts is the daemon's business.
"""
