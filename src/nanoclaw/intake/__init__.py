"""The door for incoming messages: stored, judged by the trigger, and the right group woken.

An :class:`~nanoclaw.model.chats.InboundMessage` enters from any channel; a receipt leaves, once the message is on
disk. The intake must not know how turns are run.
"""
