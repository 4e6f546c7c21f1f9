"""The machine that a measurement was made on, and the fingerprint that says whether another one is like it."""

import platform
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizers import digest
from optimizers.gpu import Gpu, detect_gpu
from optimizers.vocabulary import Accelerator

CPU_INFO = Path("/proc/cpuinfo")
MEMORY_INFO = Path("/proc/meminfo")

# The instruction sets that decide which number format is fast; names as the Linux kernel prints them.
DECIDING_CPU_FEATURES = (
    "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8",
    "asimd", "asimddp", "i8mm", "bf16", "sve",
)  # fmt: skip
X86 = frozenset({"x86_64", "AMD64"})
INT8_DOT_PRODUCTS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})


class Hardware(BaseModel):
    """
    What decides how fast a model runs here.

    Attributes:
        cpu_model: As the operating system names it.
        cpu_cores: Cores that this process may use.
        cpu_features: The deciding instruction sets that the processor has, sorted.
        memory_gib: Installed memory in GiB (2^30 bytes), rounded.
        gpu: The first one, whether or not a stack uses it; None where there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu_model: str
    cpu_cores: int = Field(gt=0)
    cpu_features: tuple[str, ...]
    memory_gib: int = Field(ge=0)
    architecture: str
    operating_system: str
    accelerator: Accelerator = Accelerator.CPU
    # Left out where there is none, so that machines without one keep their fingerprint.
    gpu: Gpu | None = Field(default=None, exclude_if=lambda gpu: gpu is None)

    @property
    def fingerprint(self) -> str:
        """First 12 hex digits of the digest of every field: equal where measurements may be shared."""
        return digest.of_value(self.model_dump(mode="json"))[:12]

    @property
    def description(self) -> str:
        """Return what tells machines apart whose processors have one name, for people."""
        features = f" with {', '.join(self.cpu_features)}" if self.cpu_features else ""
        return f"{self.cpu_model}, {self.cpu_cores} cores{features}"

    @property
    def saturates_int8(self) -> bool:
        """
        Whether sums of two INT8 products are cut off at 16 bits: x86 without the dot products of VNNI or AMX.

        Source: "When and why do I need to try U8U8?" in ONNX Runtime's page on quantization.
        """
        return self.architecture in X86 and not INT8_DOT_PRODUCTS & set(self.cpu_features)

    @property
    def has_amx(self) -> bool:
        """Whether the processor has Advanced Matrix Extensions."""
        return "amx_tile" in self.cpu_features


def detect() -> Hardware:
    """Describe the machine that this process runs on."""
    import os

    cpu_info = CPU_INFO.read_text() if CPU_INFO.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", cpu_info, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", cpu_info, re.MULTILINE)
    present = set(flags[1].split()) if flags else set[str]()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Hardware(
        cpu_model=model[1].strip() if model else platform.processor() or platform.machine(),
        cpu_cores=cores,
        cpu_features=tuple(sorted(present.intersection(DECIDING_CPU_FEATURES))),
        memory_gib=_memory_gib(),
        architecture=platform.machine(),
        operating_system=platform.system().lower(),
        gpu=detect_gpu(),
    )


def _memory_gib() -> int:
    if not MEMORY_INFO.exists():
        return 0
    total = re.search(r"^MemTotal:\s*(\d+) kB", MEMORY_INFO.read_text(), re.MULTILINE)
    return round(int(total[1]) / 2**20) if total else 0
