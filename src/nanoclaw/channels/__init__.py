"""The networks people write from: a channel hands messages in and carries replies out.

What enters is raw and hostile; what leaves towards the engine is an :class:`~nanoclaw.model.chats.InboundMessage`,
parsed once. A channel must not know groups, turns, agents or the store; what it needs of them is in its
:class:`~nanoclaw.channels.contract.Surroundings`.
"""
