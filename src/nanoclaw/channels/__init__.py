"""The networks people write from: a channel hands messages in and carries replies out.

What enters is raw and hostile; what leaves towards the engine is an :class:`~nanoclaw.model.chats.InboundMessage`,
parsed once. A channel must not know groups, turns, agents or what is stored of them; what it needs is in its
:class:`~nanoclaw.channels.contract.Surroundings`. The one who looks at SQLite is the store, also where the file is a
network's own: :mod:`nanoclaw.store.whatsapp`.

``contract`` what each promises · ``registry`` which there are · ``table`` their settings · ``spool``, ``file_names``
files that come in · ``markdown`` what the dialects have in common; and one folder a network.
"""
