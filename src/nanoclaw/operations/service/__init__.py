"""The assistant as a service of the machine: systemd, launchd, and the brake on a daemon that keeps failing.

What the owner wants (which home, which account, where the credentials are) enters; unit files, the service manager's
own commands and a report leave. Must not know how the daemon works, nor hold a secret: they name files only.
"""
