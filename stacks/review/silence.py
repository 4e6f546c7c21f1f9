"""Whether a review is worth a comment."""

from stacks.review.review import Review


def is_silent(review: Review, below_usd: float) -> bool:
    """
    Return whether the change of the expected monthly cost is under `below_usd`, up or down.

    What a policy refuses or what costs nobody knows how much is never silent.
    """
    if review.refused or review.cost.change is None:
        return False
    return abs(review.cost.change.expected) < below_usd
