"""The vocabulary: messages, chats, groups, turns, replies, the clock, the root error.

Frozen values and names only. Nothing here reads a file, opens a connection or knows another package.
"""
