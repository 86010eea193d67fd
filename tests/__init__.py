"""A package, so that no other of this name, such as a library installs beside itself, is taken for it."""
