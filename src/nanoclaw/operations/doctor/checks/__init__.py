"""One small file a check: the ground enters, findings leave. A check changes nothing and knows no other check."""
