"""`artifact-hardware-match`: the artifact can run on the hardware that will serve."""

from components.endpoint_plan import EndpointPlan
from policies.endpoint_policy import endpoint_policy

OTHER_ARTIFACT = "run `serving optimize` on the machine that serves, or choose another artifact"


def check(plan: EndpointPlan) -> list[str]:
    """Return every way in which the hardware that will serve is not what the artifact needs."""
    return [*_processor_violations(plan), *_gpu_violations(plan)]


def _processor_violations(plan: EndpointPlan) -> list[str]:
    needs, hardware = plan.artifact.needs, plan.hardware
    found = list[str]()
    if needs.accelerator != hardware.accelerator:
        found.append(
            f"`{plan.artifact.name}` is built for `{needs.accelerator}` and `{hardware.accelerator}` will serve; {OTHER_ARTIFACT}"
        )
    if needs.architecture not in {None, hardware.architecture}:
        found.append(
            f"`{plan.artifact.name}` needs {needs.architecture} and {hardware.architecture} will serve; {OTHER_ARTIFACT}"
        )
    if needs.cpu_features and not set(needs.cpu_features) & set(hardware.cpu_features):
        found.append(
            f"`{plan.artifact.name}` needs {' or '.join(needs.cpu_features)} ({needs.basis}), and the processor that will "
            f"serve has {', '.join(hardware.cpu_features) or 'none of these'}; {OTHER_ARTIFACT}"
        )
    return found


def _gpu_violations(plan: EndpointPlan) -> list[str]:
    needs, has = plan.artifact.needs.gpu, plan.hardware.gpu
    if needs is None:
        return []
    if has is None:
        return [
            f"`{plan.artifact.name}` is an engine for a GPU, and the hardware that will serve has none; {OTHER_ARTIFACT}"
        ]
    return [
        f"`{plan.artifact.name}` is an engine for {what} {wanted or 'unknown'}, and {got or 'unknown'} will serve: it does not "
        f"load there; {OTHER_ARTIFACT}"
        for what, wanted, got in (
            ("GPU architecture", needs.architecture, has.architecture),
            ("runtime version", needs.runtime_version, has.runtime_version),
        )
        if wanted is None or wanted != got
    ]


artifact_hardware_match = endpoint_policy(
    name="artifact-hardware-match",
    description="The artifact runs on the hardware that serves.",
    check=check,
)
