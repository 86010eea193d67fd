"""What works on the project rather than in it: set-up of environments, lock files, the runner of all checks."""
