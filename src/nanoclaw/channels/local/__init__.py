"""The chat of this machine: commands and the terminal hand messages in through the control API.

What enters is a text and the name of whoever sends it; replies need no carrying, because those who wait read them from
the store. It must not know who waits.
"""
