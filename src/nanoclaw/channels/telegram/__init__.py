"""Telegram, as a bot that the owner made with BotFather.

What enters is what Telegram's Bot API hands out by long polling; what leaves are messages of the bot. An update is
confirmed to Telegram by the poll after it, and only once what it brought is on disk. It must not know groups, turns,
agents or the store. python-telegram-bot need not be installed where the channel is not enabled: ``channel`` reaches all
that imports it through ``work``.

``channel`` start, end and state · ``credential`` the token, ``introduction`` whose it is · ``work`` the parts for one
bot, on the ``session`` and ``transport`` to Telegram · ``health``, ``faults`` how it is and what went wrong.
In: ``poller`` updates in order, ``taking`` each once · ``reading``, ``contents`` an update in the model's words ·
``people``, ``places`` who and where, topics and chats that moved too · ``media`` files · ``pairing`` a code that proves
who the owner is.
Out: ``sending`` replies · ``markup`` Markdown as Telegram's HTML · ``buttons`` questions · ``pace`` not too fast.
"""
