"""What is happening right now, for whoever watches: published by the engine, lost when nobody listens.

Nothing durable depends on an event: the store's rows are the truth, an event only saves a reader from asking again.
"""
