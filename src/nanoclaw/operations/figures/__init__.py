"""Figures over time: how the program fares, counted where it happens and kept for a week.

Observations come in from any part by an ``Observe``; once a minute the recorder adds what can be read of the process,
the machine and the databases, and writes one line to ``data/figures.jsonl``. Summaries leave, for the control API,
Prometheus and people. It must not know groups, chats or people: nothing of them is in a figure.
"""
