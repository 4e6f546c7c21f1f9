"""The GPU of this machine, read from what its driver shows; nothing is loaded for that."""

import re
import shutil
import subprocess
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

NVIDIA_DRIVER = Path("/proc/driver/nvidia/gpus")
AMD_DRIVER = Path("/sys/class/kfd/kfd/topology/nodes")
NVIDIA_QUERY = ("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader")
QUERY_TIMEOUT_S = 10


class GpuVendor(StrEnum):
    """Who made a GPU, which decides the compiler."""

    NVIDIA = "nvidia"
    AMD = "amd"


class Gpu(BaseModel):
    """
    A GPU.

    Attributes:
        model: As its driver names it.
        architecture: What engines are tied to: `sm_90` of NVIDIA, `gfx90a` of AMD; None where it is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor: GpuVendor
    model: str
    architecture: str | None


def detect_gpu() -> Gpu | None:
    """Describe the first GPU; None where no driver shows one."""
    return _nvidia(NVIDIA_DRIVER) or _amd(AMD_DRIVER)


def _nvidia(driver: Path) -> Gpu | None:
    for information in sorted(driver.glob("*/information")):
        model = re.search(r"^Model:\s*(.+)$", information.read_text(), re.MULTILINE)
        return Gpu(
            vendor=GpuVendor.NVIDIA,
            model=model[1].strip() if model else "NVIDIA GPU",
            architecture=_compute_capability(),
        )
    return None


def _compute_capability() -> str | None:
    """Return the architecture of the first GPU: capability 9.0 is `sm_90` (CUDA C++ Programming Guide, compute capability)."""
    if shutil.which(NVIDIA_QUERY[0]) is None:
        return None
    try:
        found = subprocess.run(NVIDIA_QUERY, capture_output=True, text=True, timeout=QUERY_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    capability = re.match(r"(\d+)\.(\d+)\s*$", (found.stdout.splitlines() or [""])[0])
    return f"sm_{capability[1]}{capability[2]}" if capability else None


def _amd(driver: Path) -> Gpu | None:
    """
    Return the first node of the kernel's topology that computes: main processors have the version 0.

    The version is decimal, two digits each for minor and step (amdkfd's `gfx_target_version`): 90010 is gfx90a.
    """
    for properties in sorted(driver.glob("*/properties")):
        version = re.search(r"^gfx_target_version (\d+)$", properties.read_text(), re.MULTILINE)
        number = int(version[1]) if version else 0
        if number:
            architecture = f"gfx{number // 10000}{number // 100 % 100:x}{number % 100:x}"
            return Gpu(vendor=GpuVendor.AMD, model=f"AMD {architecture}", architecture=architecture)
    return None
