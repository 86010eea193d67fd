"""Linking an account in the terminal: what the owner sees and does.

A pairing is followed as the control API tells it: from the daemon where one runs, else from a channel of our own.

``sources`` where it comes from · ``own_channel`` a channel without a daemon · ``screen`` codes in the terminal or as a
picture · ``follow`` from the first code to the end · ``readiness`` what is installed and switched on before ·
``bot`` the bot of Telegram and its token · ``sessions`` what is there already.
"""
