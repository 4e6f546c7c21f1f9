"""A machine type that a stack names and that has no price there: where it has one, or what was meant."""

import pytest

from components.capacity.quick import predict_by_formula
from components.choice.choose import choose
from optimizers.errors import NoCapacity
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"instance_types": ("c7i.hugee",)},
            "nor anywhere else; did you mean `c7i.xlarge`? If not, run `serving prices",
        ),
        ({"instance_types": ("zzz",)}, "nor anywhere else; run `serving prices refresh`, or see `serving prices show`"),
        (
            {"instance_types": ("c7i.xlarge",), "cloud": "gcp"},
            "`c7i.xlarge`, which has no price as compute-engine in us-central1 in the shipped catalog, but has one as ec2 in ",
        ),
    ],
)
def test_a_type_that_cannot_be_rented_here_says_where_it_can_or_what_was_meant(
    fields: dict[str, object], said: str
) -> None:
    with pytest.raises(NoCapacity) as caught:
        choose(asked(**fields), LOCKED, MACHINE, SHIPPED, predict_by_formula)  # type: ignore[arg-type]

    assert said in str(caught.value)
