"""The chat page of this machine: a web server on the loopback address, and the files a browser loads from it.

What enters is HTTP of whoever can reach the port: other users, other programs, and pages of the whole web through the
owner's browser. What leaves are the owner's chats, to browsers that signed in with the link that ``nanoclaw status``
prints. It must not know groups, turns, agents or the store.

``options`` the table of the configuration · ``keys`` token and sessions on disk · ``login`` and ``guard`` who may come
in · ``api``, ``stream``, ``wire`` and ``answers`` what the page asks for and gets · ``files`` what is uploaded and
saved · ``operations`` which of the daemon's operations it may use · ``page`` its files in ``static/`` · ``channel``
the server's life.
"""
