"""
Judge prices before anything is budgeted with them.

A wrong rate does not only misreport what is spent, it lets a budget pass that should hold. For one SageMaker type public
code holds six different prices, from 1.40 to 2.82 $/h, so every row is checked, whoever wrote it.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from components.catalog.instance_type import CatalogRow
from components.catalog.services import PROVIDERS, Service
from components.platforms.choice import Cloud
from optimizers.errors import Issue

# SageMaker hosting over EC2, same type and region: 1.15 to 1.402 in 37 types checked in prices of 2025 and 2026.
LOWEST_PREMIUM, HIGHEST_PREMIUM = 1.10, 1.45
# What a published catalog writes where it has no price: SkyPilot's GCP file, for TPUs, in 2026.
SENTINELS = (700.0,)
PREFIX = "ml."
REGIONS = {Cloud.AWS: re.compile(r"[a-z]{2}(-[a-z]+)+-\d"), Cloud.GCP: re.compile(r"[a-z]+-[a-z]+\d+")}
EC2_NAME = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
COMPUTE_ENGINE_NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)+"
NAMES = {
    Service.EC2: re.compile(EC2_NAME),
    Service.SAGEMAKER_HOSTING: re.compile(rf"ml\.{EC2_NAME}"),
    Service.SAGEMAKER_BATCH_TRANSFORM: re.compile(rf"ml\.{EC2_NAME}"),
    Service.SAGEMAKER: re.compile(rf"ml\.{EC2_NAME}"),
    Service.COMPUTE_ENGINE: re.compile(COMPUTE_ENGINE_NAME),
    Service.COMPUTE_ENGINE_GPU: re.compile(r"nvidia-[a-z0-9-]+"),
    Service.CLOUD_TPU: re.compile(r"(tpu-)?v\d[a-z0-9]*-\d+"),
    Service.VERTEX_AI_CUSTOM_TRAINING: re.compile(rf"{COMPUTE_ENGINE_NAME}|[A-Z][A-Z0-9_]+"),
    Service.VERTEX_AI_PREDICTION: re.compile(rf"{COMPUTE_ENGINE_NAME}|[A-Z][A-Z0-9_]+"),
}
ACCELERATOR = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def lint(rows: Sequence[CatalogRow], today: date) -> tuple[Issue, ...]:
    """Return every broken rule of every row; `today` is the newest day that a price can be of."""
    found = [issue for row in rows for rule in ROW_RULES for issue in rule(row)]
    found.extend(issue for row in rows for issue in _in_the_future(row, today))
    found.extend(_duplicates(rows))
    found.extend(_premiums(rows))
    return tuple(found)


def _names(row: CatalogRow) -> Iterator[Issue]:
    instance = row.instance
    provider = PROVIDERS[instance.service]
    if instance.provider is not provider:
        yield _issue(row, "provider", instance.provider, f"{instance.service} is sold by `{provider}`", "correct it")
    if not REGIONS[provider].fullmatch(instance.region):
        example = "us-east-1" if provider is Cloud.AWS else "us-central1"
        yield _issue(row, "region", instance.region, f"it is no region of {provider}", f"write for example `{example}`")
    if not NAMES[instance.service].fullmatch(instance.name):
        rule = f"it is no type of {instance.service}: {NAMES[instance.service].pattern}"
        yield _issue(row, "instance_type", instance.name, rule, "write it as the provider does")


def _prices(row: CatalogRow) -> Iterator[Issue]:
    price = row.price
    for field, value in (("usd_per_hour", price.usd_per_hour), ("spot_usd_per_hour", price.spot_usd_per_hour)):
        if value is None:
            continue
        if not (math.isfinite(value) and value > 0):
            yield _issue(row, field, value, "a price is a finite number above 0", "leave it blank where it is unknown")
        elif value in SENTINELS:
            yield _issue(row, field, value, "some catalogs write it for an unknown price", "leave it blank")
    on_demand, spot = price.usd_per_hour, price.spot_usd_per_hour
    # Equal is allowed: some availability zones list spot at the on-demand price.
    if on_demand is not None and spot is not None and spot > on_demand:
        yield _issue(row, "spot_usd_per_hour", spot, f"spot is at most on-demand, {on_demand:g}", "read both again")
    if (on_demand is not None or spot is not None) and not price.source:
        yield _issue(row, "source", None, "a price says where it was read", "name its source")


def _specifications(row: CatalogRow) -> Iterator[Issue]:
    instance = row.instance
    for field, value in (
        ("vcpu", instance.vcpu),
        ("memory_gib", instance.memory_gib),
        ("accelerator_count", instance.accelerator_count),
        ("accelerator_memory_gib", instance.accelerator_memory_gib),
    ):
        if value is not None and not (math.isfinite(value) and value > 0):
            yield _issue(row, field, value, "it is a finite number above 0", "leave it blank where it is unknown")
    if (instance.vcpu is None) != (instance.memory_gib is None):
        known = "vcpu" if instance.memory_gib is None else "memory_gib"
        yield _issue(row, known, getattr(instance, known), "vcpu and memory_gib are both known or both not", "add both")
    if (instance.accelerator is None) != (instance.accelerator_count is None):
        known = "accelerator" if instance.accelerator_count is None else "accelerator_count"
        rule = "accelerator and accelerator_count are both there or both not"
        yield _issue(row, known, getattr(instance, known), rule, "add both")
    # A chip without a known memory is allowed: no source in reach has one for Inferentia and Trainium.
    if instance.accelerator is None and instance.accelerator_memory_gib is not None:
        got, rule = instance.accelerator_memory_gib, "without an accelerator there is no memory of one"
        yield _issue(row, "accelerator_memory_gib", got, rule, "name the accelerator")
    if instance.accelerator is not None and not ACCELERATOR.fullmatch(instance.accelerator):
        rule = "a chip is written in small letters, digits and `-`"
        yield _issue(row, "accelerator", instance.accelerator, rule, "write for example `a100`")


ROW_RULES: tuple[Callable[[CatalogRow], Iterator[Issue]], ...] = (_names, _prices, _specifications)


def _in_the_future(row: CatalogRow, today: date) -> Iterator[Issue]:
    if row.price.as_of is not None and row.price.as_of > today:
        yield _issue(row, "as_of", row.price.as_of, f"today is {today}", "write the day on which the price was read")


def _duplicates(rows: Sequence[CatalogRow]) -> Iterator[Issue]:
    for (service, region, name), count in Counter(row.key for row in rows).items():
        if count > 1:
            path = f"{service} {region} {name}"
            yield Issue(path, f"{count} rows", "a type has one row a service and region", "remove the wrong one")


def _premiums(rows: Sequence[CatalogRow]) -> Iterator[Issue]:
    on_ec2 = {row.key: row.price.usd_per_hour for row in rows if row.instance.service is Service.EC2}
    for row in rows:
        service, region, name = row.key
        base, price = on_ec2.get((Service.EC2, region, name.removeprefix(PREFIX))), row.price.usd_per_hour
        if service is not Service.SAGEMAKER_HOSTING or not base or price is None or not math.isfinite(base):
            continue
        factor = price / base
        if not LOWEST_PREMIUM <= round(factor, 9) <= HIGHEST_PREMIUM:
            rule = (
                f"that is {factor:.2f} x the {base:g} of EC2, and SageMaker hosting costs {LOWEST_PREMIUM:.2f} to "
                f"{HIGHEST_PREMIUM:.2f} x"
            )
            yield _issue(row, "usd_per_hour", price, rule, "read both prices again")


def _issue(row: CatalogRow, field: str, got: object, rule: str, fix: str) -> Issue:
    shown = f"{got:g}" if isinstance(got, float) else str(got)
    return Issue(f"{row.label}, {field}", "nothing" if got is None else f"`{shown}`", rule, fix)
