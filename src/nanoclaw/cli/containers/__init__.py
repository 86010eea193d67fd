"""What ``nanoclaw containers`` does; arguments and context enter, a result leaves.

Only this installation's containers are ever listed or touched, whether its daemon runs or not.
"""
