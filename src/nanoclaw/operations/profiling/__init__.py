"""Looks into the running process: where its threads stand, what they work on, what fills its memory.

Asked by the control API or by a signal; what leaves is names of functions, files and types with counts. Values of
variables never leave, for they hold what people wrote. One profile at a time.
"""
