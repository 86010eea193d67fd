"""Telegram, as a bot that the owner made with BotFather.

What enters is what Telegram's Bot API hands out by long polling; what leaves are messages of the bot. An update is
confirmed to Telegram by the poll after it, and only once what it brought is on disk. It must not know groups, turns,
agents or the store. Only ``session``, ``transport``, ``faults``, ``reading``, ``media`` and ``sending`` import
python-telegram-bot, which need not be installed where the channel is not enabled.

``channel`` start, end and state · ``poller`` updates in order, each once · ``reading`` an update in the model's words ·
``media`` files that come in · ``sending`` replies on their way out · ``pace`` not too fast · ``markup`` Markdown as
Telegram's HTML · ``places`` chats, topics and chats that moved · ``pairing`` a code that proves who the owner is.
"""
