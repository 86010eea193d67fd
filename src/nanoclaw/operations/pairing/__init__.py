"""Linking the owner's account to a channel, as the owner sees it.

What enters is a channel that can pair; what leaves is how far it has come, for a terminal or a page, and pictures of
codes. It must not know how a channel does it, nor who looks.

``session`` one pairing from its first code to its end · ``picture`` a QR code as rows, as a PNG, in a terminal.
"""
