"""Clear away what is of no more use, and show where the space goes.

A home, its settings and what its database still needs enter; a list of what goes, and why, leaves; then it is removed.
Safe while the assistant runs: only what nobody uses is in the list. Groups' folders are full of what agents made: no
link is followed, and a file that changed since it was listed stays.
"""
