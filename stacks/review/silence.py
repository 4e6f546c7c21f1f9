"""Whether a review is worth a comment."""

from stacks.review.review import Review
from stacks.review.verdict import REFUSED, WARNED


def is_silent(review: Review, below_usd: float) -> bool:
    """
    Return whether the monthly cost changes by less than `below_usd`, up or down, at minimum, expected and maximum.

    What a policy refuses or warns of, and what nobody knows, is never silent.
    """
    change = review.cost.change
    if change is None or review.unknown or any(policy.verdict in {REFUSED, WARNED} for policy in review.policies):
        return False
    return max(abs(change.minimum), abs(change.expected), abs(change.maximum)) < below_usd
