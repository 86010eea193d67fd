"""The daemon: everything composed, started in order, kept alive, and taken down in order.

:mod:`nanoclaw.daemon.compose` is where reading starts. It wires, and decides nothing about messages;
``parts`` is what it hands on, ``answering`` what it builds last, for commands.

Its life: ``main`` start and stop · ``keeper`` the same for a service manager, with ``notify``, ``heartbeat``,
``hopeless`` · ``lock`` one a home · ``rehearsal`` a start that touches nothing · ``ground``, ``shelves`` what it stands
on.
Channels: ``built_in``, ``roster`` which there are and how each is · ``networks`` each at work · ``conversations`` what
they may ask · ``channel_watch``, ``canary``, ``outages``, ``conditions`` what is seen of them · ``channel_news`` and
``owner_chats`` who hears of it, where · ``welcome`` what a new one needs.
Messages: ``reception`` what is not simply one · ``lanes`` chats and tasks · ``agenda`` tasks as turns · ``toolbox`` the
agents' tools · ``meter`` what the gateway saw · ``tidings``, ``troubles``, ``alerts`` what the owner must know.
Beside them: ``chores``, ``backups``, ``room``.
The control API: ``service`` with a daemon, ``offline`` without one · ``desks`` and a module a topic: ``records``,
``people``, ``tasks``, ``usage``, ``insight``, ``trials``, ``channel_desk``, ``news_records``, ``pairing`` · ``views``,
``times``, ``changes`` what is shown and read · ``page_operations`` the page's way to it · ``images`` the agent image.
"""
