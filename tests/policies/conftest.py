"""A valid plan and its lock; each policy test breaks one field."""

import pytest

from components.endpoint_plan import EndpointPlan
from optimizers.lock import Lock
from tests.support.valid_plan import valid_lock, valid_plan


@pytest.fixture
def locked() -> Lock:
    """The lock that the valid plan was made from."""
    return valid_lock()


@pytest.fixture
def plan() -> EndpointPlan:
    """A plan that every policy accepts, with numbers exactly at their limits."""
    return valid_plan()
