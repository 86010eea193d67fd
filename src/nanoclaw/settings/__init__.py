"""What the owner decided: ``config.toml``, ``.env`` and the environment go in, one frozen value comes out.

The only package that reads the environment. It must not know what the settings are for.
"""
