"""A group's folder as the host sees it: a place where somebody else may change anything at any moment.

Files are opened component by component and no link is ever followed; what leaves the folder is a private copy. Sizes
are measured here, and the owner's allowlist says which other folders a group may see.
"""
