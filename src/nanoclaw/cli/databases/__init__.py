"""What ``nanoclaw db`` does, by what it needs of the databases; arguments and context enter, a result leaves.

Looking works beside a running daemon; changing holds the home's lock.
"""
