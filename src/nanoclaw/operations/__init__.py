"""Looking after an installation: check, back up, restore, install, repair, explain. One folder a duty.

A home folder enters; results that the commands render leave. Works on the files while no daemon runs, and through the
control API while one does. Must not know how messages travel; what only the daemon can do is passed in by it.
"""
