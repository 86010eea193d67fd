"""The checklist's live tests on the running installation: real messages, real agents, a scripted model.

Enters: a home whose daemon runs. Leaves: steps, each with what was proven, or what failed and what to do. It goes
through the control API and the channels' own doors. The temporary groups are the daemon's, which erases them when the
connection of :meth:`ControlClient.hold_trial` ends. This package must not know the daemon's inside.
"""
