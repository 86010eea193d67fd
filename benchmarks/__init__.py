"""Measurements, each against a baseline taken in the same run, and the kill -9 trials. `benchmarks/run` starts them.

Nothing here is a test: the figures depend on the machine. The trials in :mod:`benchmarks.kill_trials` are also what
``tests/crash`` runs.
"""
