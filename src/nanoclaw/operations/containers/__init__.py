"""The sandboxes of this installation as a person looks after them, of every kind: listed, ended, entered, cleared.

A home and a name enter; what is there and what was done leaves. Only what bears this installation's label is ever seen
or touched. Must not know turns: a running daemon is asked, through its control API, to stop what an agent does.
"""
