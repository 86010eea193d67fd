"""The daemon: everything composed, started in order, kept alive, and taken down in order.

:mod:`nanoclaw.daemon.compose` is where reading starts. It wires, and decides nothing about messages;
``parts`` is what it hands on, ``answering`` what it builds last, for commands.

Its life: ``main`` start and stop · ``keeper`` the same for a service manager, with ``notify``, ``heartbeat``,
``hopeless`` · ``lock`` one a home · ``rehearsal`` a start that touches nothing · ``ground``, ``shelves`` what it stands
on.
Messages: ``reception`` what is not simply one · ``lanes`` chats and tasks · ``agenda`` tasks as turns · ``toolbox`` the
agents' tools · ``meter`` what the gateway saw · ``tidings``, ``troubles``, ``alerts`` what the owner must know.
Beside them: ``chores``, ``backups``, ``room``, ``trials``.
``networks`` the channels at work, and what is seen of them · ``answers`` what commands are answered.
"""
