"""Scheduled tasks: when they are due, what becomes of times that passed, and each occurrence at most once.

Tasks and runs are in a database of their own. An occurrence is written down as a run before anything else happens,
then handed over as a turn under the run's id, which can be repeated without harm; its outcome is read back from there.
"""
