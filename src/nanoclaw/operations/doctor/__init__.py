"""Checks of an installation, as data: a home folder enters, findings leave, some with a fix that is safe.

Looks only, unless a fix is asked for. Works while the daemon is down, the configuration is broken or the home is
missing: what cannot be known then is skipped, with the reason. Must not know how findings are shown, nor import the
daemon.
"""
