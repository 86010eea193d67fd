"""Repairs that are safe: a fix enters as a value with a description, what it did leaves. None touches data.

A fix is applied only when it is asked for, and finds nothing to do the second time.
"""
