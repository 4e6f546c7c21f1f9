"""The traffic that a spec declares; a file of it is read here."""

from components.capacity.declared import Declared, declared, recorded_traffic
from components.capacity.traffic_csv import parse_traffic
from optimizers.errors import InvalidArgs, Issue
from stacks.project import Project
from stacks.spec import CONFIG_KEY, CsvTraffic, ServingSpec

# A year of minutes is half a million rows of about 30 characters.
LARGEST_FILE_BYTES = 64_000_000


def declared_traffic(spec: ServingSpec, project: Project) -> Declared:
    """
    Return the traffic.

    Raises:
        InvalidArgs: The file is not there, is no table of timestamps and rates, or contradicts the spec.
    """
    if not isinstance(spec.traffic, CsvTraffic):
        return declared(spec.traffic, spec.serving_context.throughput_rps)
    path = spec.traffic.path
    found = recorded_traffic(parse_traffic(_text(path, project), path), path)
    if issues := spec.conflicts(found.planned):
        raise InvalidArgs(
            f"the spec, with the traffic of `{path}`",
            tuple(Issue(f"{CONFIG_KEY}.{issue.path}", issue.got, issue.rule, issue.fix) for issue in issues),
        )
    return found


def _text(path: str, project: Project) -> str:
    file = project.root / path
    got = f"`{path}`"
    fix = "name a file relative to the project, with `timestamp,rate_rps` as its first line"
    try:
        if not file.resolve().is_relative_to(project.root.resolve()):
            raise _unreadable(got, "the file lies in the project, so that a preview elsewhere finds it", fix)
        if not file.is_file():
            raise _unreadable(got, "there is no such file in the project", fix)
        if file.stat().st_size > LARGEST_FILE_BYTES:
            rule = f"a traffic file has at most {LARGEST_FILE_BYTES:,} bytes"
            raise _unreadable(f"{file.stat().st_size:,} bytes", rule, "keep one row for each quarter of an hour")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable(got, "the file is UTF-8 text", "save it as UTF-8") from None
    except (OSError, ValueError) as error:
        raise _unreadable(got, f"the file can be read ({error})", fix) from None


def _unreadable(got: str, rule: str, fix: str) -> InvalidArgs:
    return InvalidArgs("the spec", (Issue(f"{CONFIG_KEY}.traffic.path", got, rule, fix),))
