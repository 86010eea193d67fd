"""From an answer to the network: split into messages, adapted, in order, tried again until they are there.

A split answer enters the outbox as rows; each row leaves through its channel once. The delivery must not know turns
beyond their number, nor agents.

``splitting`` an answer as messages, ``fences`` code that goes on in the next, ``letters`` where one letter ends ·
``courier`` out of the outbox, ``adapt`` as the network can carry it · ``typing`` that somebody is at work.
"""
