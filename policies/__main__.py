"""Serve the policy pack to the engine. It blocks until the engine is done, so nothing imports this file."""

from components.tokens import ENDPOINTS
from policies.analyzer import serve
from policies.pack import POLICIES, STACK_TYPES

serve("model-serving", POLICIES, ENDPOINTS, STACK_TYPES)
