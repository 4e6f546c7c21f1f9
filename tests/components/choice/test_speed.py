import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.services import Service
from components.choice.processors import family, processors
from components.choice.speed import HERE, SAME_MACHINE, SHARED_CORE, SpeedFactor, elsewhere, scaled
from optimizers.hardware import DECIDING_CPU_FEATURES
from tests.support.choice_request import SHIPPED
from tests.support.locked_model import hardware, measurement, report

factors = st.floats(0.1, 10)


@given(factors, factors, factors)
def test_the_scaled_interval_reaches_from_the_lowest_factor_to_the_highest(
    one: float, two: float, three: float
) -> None:
    low, expected, high = sorted((one, two, three))
    measured = measurement(10, 12)

    found = scaled(measured, SpeedFactor(low=low, expected=expected, high=high, basis=""))

    assert found.p99.low_ms <= found.p99.value_ms * (1 + 1e-9)
    assert found.p99.value_ms <= found.p99.high_ms * (1 + 1e-9)
    assert found.p50.value_ms == pytest.approx(10 * expected)
    assert found.throughput_rps == pytest.approx(measured.throughput_rps / expected)


@pytest.mark.parametrize("cpu_model", ["Test CPU", "Intel(R) Xeon(R) Platinum 8488C"])
def test_the_interval_of_factor_one_contains_the_measured_one(cpu_model: str) -> None:
    measured = measurement(10, 12)

    found = scaled(measured, elsewhere(report(measured, on=hardware(cpu_model=cpu_model)), processors()["c7i"]))

    assert found.p99.value_ms == measured.p99.value_ms
    assert found.p99.low_ms < measured.p99.low_ms
    assert found.p99.high_ms > measured.p99.high_ms


def test_this_machine_needs_no_factor() -> None:
    measured = measurement(10, 12)

    assert scaled(measured, HERE) == measured


def test_another_processor_is_stated_and_wide_and_the_same_one_is_narrow() -> None:
    other = elsewhere(report(measurement(10, 12)), processors()["c7i"])
    same = elsewhere(
        report(measurement(10, 12), on=hardware(cpu_model="Intel(R) Xeon(R) Platinum 8488C")), processors()["c7i"]
    )

    assert (other.low, other.expected, other.high) == (1 / SHARED_CORE, 1, SHARED_CORE)
    assert other.basis.startswith("measured on Test CPU, predicted for Intel Xeon Sapphire Rapids: x1, from x0.5 to x2")
    assert same.high == SAME_MACHINE
    assert "the same processor" in same.basis


def test_a_scaled_measurement_says_where_the_processor_of_the_machine_was_read() -> None:
    row = processors()["c7i"]
    on_another, on_the_same = hardware(), hardware(cpu_model="Intel(R) Xeon(R) Platinum 8488C")

    for machine in (on_another, on_the_same):
        said = elsewhere(report(measurement(10, 12), on=machine), row).basis
        assert said.endswith(f"processor {row.source}")
        assert "github.com/aws/aws-cdk instance-types.ts (C7I: Sapphire Rapids)" in said


def test_every_machine_of_the_catalog_without_an_accelerator_has_a_known_processor() -> None:
    serving = {Service.EC2, Service.SAGEMAKER_HOSTING, Service.COMPUTE_ENGINE}
    names = {
        family(row.instance.name)
        for row in SHIPPED.rows
        if row.instance.service in serving and row.instance.accelerator is None and row.instance.vcpu
    }

    assert names <= set(processors())


@pytest.mark.parametrize(
    ("machine", "expected"),
    [("ml.c7i.xlarge", "c7i"), ("c7i.2xlarge", "c7i"), ("n2-standard-4", "n2"), ("t2d-standard-4", "t2d")],
)
def test_the_family_is_the_part_before_the_size(machine: str, expected: str) -> None:
    assert family(machine) == expected


def test_every_processor_has_a_source() -> None:
    # A row that nobody has read says so; its facts are kept on the safe side.
    unread = {name for name, row in processors().items() if "not read" in row.source}

    assert unread == {"e2"}
    for row in processors().values():
        assert row.source.startswith("from "), row.family
        assert "; instruction sets from " in row.source or row.family in unread, row.family


def test_every_instruction_set_of_the_table_is_one_that_a_measurement_may_have() -> None:
    for row in processors().values():
        assert row.features <= set(DECIDING_CPU_FEATURES), row.family
        assert ("asimd" in row.features) == (row.architecture == "aarch64"), row.family


@pytest.mark.parametrize(
    ("processor", "families"),
    [
        ("Intel Xeon Ice Lake", {"c6i", "m6i"}),
        ("Intel Xeon Sapphire Rapids", {"c7i", "m7i", "c3"}),
        ("AMD EPYC Milan", {"c6a", "m6a", "c2d", "t2d"}),
        ("AMD EPYC Genoa", {"c7a", "m7a", "c3d"}),
        ("AWS Graviton3", {"c7g", "m7g"}),
        ("AWS Graviton4", {"c8g", "m8g"}),
    ],
)
def test_families_of_one_processor_have_its_instruction_sets(processor: str, families: set[str]) -> None:
    rows = [row for row in processors().values() if row.processor == processor]

    assert {row.family for row in rows} == families
    assert len({row.features for row in rows}) == 1


def test_what_a_processor_lacks_is_named() -> None:
    measured = hardware().model_copy(update={"cpu_features": ("avx2", "avx512_bf16")})

    assert processors()["c7i"].lacks(measured) == ""
    assert processors()["c6i"].lacks(measured) == "avx512_bf16"
    assert processors()["c7g"].lacks(measured) == "x86_64 processors"
