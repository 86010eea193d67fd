"""Order and capacity: one turn at a time for each group, so many agents at once, the rest waits its turn.

A group is woken; a worker claims its turns from the store, gives them to the group's agent, and writes each outcome
back in one transaction. The dispatcher decides which groups have a worker. Neither knows channels or sandboxes.
"""
