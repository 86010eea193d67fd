"""The door for incoming messages: judged, stored, and the right group woken.

An :class:`~nanoclaw.model.chats.InboundMessage` enters from any channel; a receipt leaves, once the message is on
disk. What people do to it later comes as an :class:`~nanoclaw.model.chats.InboundChange`. The intake must not know how
turns are run.

``admit`` the door itself · ``judge``, ``trigger`` what becomes of a message · ``changes``, ``reactions`` of an edit, a
deletion, a reaction · ``commands`` words for the program · ``asking``, ``answers``, ``approvals`` questions to people ·
``transcription``, ``hearing`` voice notes as text.
"""
