"""From the outbox to the network: formatted, split, in order, tried again until it is there.

A composed text enters the outbox as rows; each row leaves through its channel once. The delivery must not know turns
beyond their number, nor agents.
"""
