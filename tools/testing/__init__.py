"""``./nanoclaw test``: install what the tests need, check the code, run the suites, and say exactly what happened.

Standard library only, so that it starts before anything else works. Nothing here knows what the tests are about.
"""
