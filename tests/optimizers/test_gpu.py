"""GPUs are read from what drivers show."""

from pathlib import Path

import pytest

from optimizers import gpu
from optimizers.gpu import Gpu, GpuVendor, detect_gpu
from optimizers.hardware import Hardware
from tests.support.locked_model import hardware


@pytest.fixture
def drivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No driver at all; the test writes what one shows."""
    monkeypatch.setattr(gpu, "NVIDIA_DRIVER", tmp_path / "nvidia")
    monkeypatch.setattr(gpu, "AMD_DRIVER", tmp_path / "kfd")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_machine_without_a_driver_has_none(drivers: Path) -> None:
    assert not list(drivers.iterdir())
    assert detect_gpu() is None


def test_a_gpu_of_nvidia_has_the_architecture_of_its_compute_capability(drivers: Path) -> None:
    write(drivers / "nvidia/0000:17:00.0/information", "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 38\n")
    write(drivers / "bin/nvidia-smi", "#!/bin/sh\necho 9.0\n")
    (drivers / "bin/nvidia-smi").chmod(0o755)

    assert detect_gpu() == Gpu(vendor=GpuVendor.NVIDIA, model="NVIDIA H100 80GB HBM3", architecture="sm_90")


def test_without_nvidia_smi_the_architecture_is_unknown(drivers: Path) -> None:
    write(drivers / "nvidia/0000:17:00.0/information", "Model: \t\t NVIDIA H100 80GB HBM3\n")

    assert detect_gpu() == Gpu(vendor=GpuVendor.NVIDIA, model="NVIDIA H100 80GB HBM3", architecture=None)


@pytest.mark.parametrize(
    ("version", "architecture"),
    [("90010", "gfx90a"), ("90402", "gfx942"), ("110000", "gfx1100"), ("100300", "gfx1030")],
)
def test_a_gpu_of_amd_is_the_first_node_that_is_no_main_processor(
    drivers: Path, version: str, architecture: str
) -> None:
    write(drivers / "kfd/0/properties", "cpu_cores_count 64\ngfx_target_version 0\n")
    write(drivers / "kfd/1/properties", f"simd_count 440\ngfx_target_version {version}\n")

    assert detect_gpu() == Gpu(vendor=GpuVendor.AMD, model=f"AMD {architecture}", architecture=architecture)


def test_machines_without_a_gpu_keep_their_fingerprint() -> None:
    with_one = hardware().model_copy(
        update={"gpu": Gpu(vendor=GpuVendor.NVIDIA, model="NVIDIA H100", architecture="sm_90")}
    )

    assert "gpu" not in hardware().model_dump(mode="json")
    assert with_one.fingerprint != hardware().fingerprint
    assert Hardware.model_validate_json(with_one.model_dump_json()) == with_one
