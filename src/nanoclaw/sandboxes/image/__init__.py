"""The agent image: a recipe, the ``claude`` program and a base go in; a tagged image in the engine's store comes out.

An image's tag is a digest of what it is made of, so an outdated image is never taken for a current one.
"""
