"""The production checklist as tables: each of its lines beside the command or the check that does or proves it.

``checklist.zh.md`` is the checklist as it was written, ``proof.txt`` what stands beside each line. The two tables are
written by ``python -m tools.checklist`` and held by a test.
"""
