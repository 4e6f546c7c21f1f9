"""`docs/packages.md` lists every platform with what its package serves."""

from pathlib import Path

from components.packages.kinds import PACKAGES, ArtifactPackage, PackageKind

PAGE = Path(__file__).parents[2] / "docs/packages.md"


def described(kind: PackageKind) -> tuple[str, str, str]:
    if isinstance(kind, ArtifactPackage):
        return kind.platform, "the artifact", ", ".join(f"`{runtime}`" for runtime in sorted(kind.runtimes))
    return kind.platform, "the original", ""


def test_the_page_lists_every_platform_and_the_artifacts_that_it_runs() -> None:
    rows = (line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith("| `"))

    listed = [tuple(cell.strip() for cell in row[:3]) for row in rows]
    assert listed == [(f"`{platform}`", *rest) for platform, *rest in map(described, PACKAGES)]
