"""The words for what a policy says."""

PASSED = "passed"
REFUSED = "refused"
WARNED = "warned"
NOT_SET = "not set"
NOT_APPLICABLE = "not applicable"
