"""What ``nanoclaw backup`` does, by kind of work: making, looking, bringing back.

Parsed arguments enter; results leave. Heavy parts are imported where they are used: the parser needs none of them.
"""
