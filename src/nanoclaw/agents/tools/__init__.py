"""The agent's own tools: an MCP server called ``nanoclaw`` that runs on this side, one instance for each agent.

A call comes in from a sandbox and is untrusted; whose it is comes from the connection. A text for the model goes out,
or a refusal that says why. Every refusal is audited.
"""
