"""The Signal protocol as WhatsApp speaks it: sessions of two devices, and sender keys in groups.

Written from the protocol's description for these tests; nobody's secrets should rest on it.
"""
