"""Which system calls an agent may make: one policy, written for OCI engines as JSON and for bubblewrap as BPF.

Names and conditions go in, files come out. It knows nothing of containers.
"""
