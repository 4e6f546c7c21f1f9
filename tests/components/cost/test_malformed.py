"""What is wrong with a resource is said without the name of a class, an address or a dump."""

import pytest

from components.cost.declared_resource import MALFORMED, malformed
from components.cost.machines import Count


def raised(number: object) -> Exception:
    with pytest.raises(MALFORMED) as caught:
        Count.model_validate({"minimum": number, "expected": number, "maximum": 1})
    return caught.value


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (KeyError("minSize"), "`minSize` is missing"),
        (raised(-1), "got -1; input should be greater than or equal to 0"),
        (TypeError("'NoneType' object is not subscriptable"), "a value is missing or of another kind"),
        (ValueError("`two` is no quantity of Kubernetes"), "`two` is no quantity of Kubernetes"),
        (OverflowError("cannot convert float infinity to integer"), "cannot convert float infinity to integer"),
    ],
)
def test_each_error_is_one_clause(error: Exception, why: str) -> None:
    assert malformed(error) == f"its properties are not those of its type ({why})"
