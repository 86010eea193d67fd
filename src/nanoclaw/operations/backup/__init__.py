"""Backups of a home folder, and the way back.

A home and its settings enter; snapshots in a content-addressed store leave, and a home as it was. Files are cut into
chunks, each named by its content, compressed, encrypted where there is a key, and kept once. A snapshot is one file
that lists chunks; it is written last, so whatever was interrupted before is no snapshot and touches none. Must not know
how messages travel, nor SQLite: consistent copies of databases come from the store.
"""
