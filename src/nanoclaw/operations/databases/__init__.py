"""The two databases as an owner sees them: checked, counted, shrunk, written out, read in, and saved when damaged.

A home and a database's name enter; findings leave. Must not know what is in the tables; how SQLite is spoken to is the
store's.
"""
