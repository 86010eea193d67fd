"""Taking away what an installation put on the machine: services, containers, images, sockets, and if told the data.

A home that no daemon runs in enters; what was removed and what is left leaves. Only this home's things are touched:
services by the home in their first lines, containers by their label. Must not know how a daemon is stopped.
"""
