"""What commands and the page are answered: the desks of the control API.

``service`` with a daemon, ``offline`` without one · ``desks`` and a module a topic: ``records`` of groups and history,
``people``, ``tasks``, ``usage``, ``insight``, ``channels``, ``owner_chats``, ``pairing``, ``images`` · ``views`` and
``changes`` what is shown and read · ``welcome`` what a new channel needs · ``page_operations`` the page's way here.
"""
