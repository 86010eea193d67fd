"""WhatsApp, as a linked device of the owner's account.

What enters is what WhatsApp's servers say to a linked device; what leaves are messages of the assistant. The client is
a Go library that can block or abort its process, so it lives in a child of its own, and only ``child`` imports it. It
must not know groups, turns, agents or the store.

In: ``child`` the process with the client in it · ``link`` what parent and child say to each other · ``keeper`` starts,
watches and kills it, ``child_contract`` what it promises · ``reader`` brings each message to the disk in order, with
``answered`` but once · ``fetching`` has its files fetched, for ``registered`` chats · ``inbound``, ``media`` what it
means · ``identities``, ``crowd``, ``sent`` who is who, who was here, what was ours.
Out: ``outbound``, ``dialect`` orders · ``pace`` how fast. ``session`` has it all, ``channel`` is the way in for others.
"""
