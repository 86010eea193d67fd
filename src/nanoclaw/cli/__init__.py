"""The command ``nanoclaw``: arguments go in, a result comes out as text or as JSON, and an exit status with it.

Each verb is a module in :mod:`nanoclaw.cli.commands`, imported only when it is used. Commands reach the daemon over its
control socket; those that only read, and those on groups, work on the files of a stopped one as well.
"""
