"""One group's agent: the real ``claude`` program in a sandbox, spoken to through the Claude Agent SDK on this side.

Turns are given, events come out: progress, pieces of text, and outcomes that say exactly which turns they answer.
Whatever the agent prints is untrusted and bounded. An agent must not know the store, the queue or the channels.
"""
