"""Alerts: what is wrong is told outside this machine, by mail, SMS gateway, ntfy, webhook or whatever Apprise speaks.

Alerts enter, with a level and a key; messages leave by the owner's routes, and what became of each is remembered. An
alert is on disk before it counts as accepted, so that no crash loses it. Must not know what goes wrong or why, nor
write an address, which holds a password, anywhere.
"""
