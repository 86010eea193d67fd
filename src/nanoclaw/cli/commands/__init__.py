"""One module a verb: ``add_parser`` says what it takes, ``run`` does it and returns a result."""
