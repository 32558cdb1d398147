"""Checks the templates of infra/ without AWS and compares them with the topics of events/. Then seeds faults to test that
each check notices one.

  python infra/checks/run.py CHECKS GUARD [--templates]

CHECKS is the binary of tidings-infra-checks, GUARD is cfn-guard; --templates skips the faults. The translated templates,
and the templates as each variant would deploy them, remain in .local/infra.
"""

import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

sys.path.append("scripts")

import faults
import templates
import translate
from cfnlint.api import ManualArgs, lint

SOURCES = pathlib.Path("infra")
POLICY = "stack-policy"
EVENTS = pathlib.Path("events")
CATALOGS = "catalogs"
# The loop that makes the common resources of every function.
LOOP = "Fn::ForEach::Functions"
RULES = SOURCES / "checks/rules"
FAULTS = SOURCES / "checks/faults.yaml"
SUPPRESSIONS = SOURCES / "checks/suppressions.yaml"
OUT = pathlib.Path(".local/infra")
PERMISSIONS = pathlib.Path("docs/permissions")
# Complete example domains.
EXAMPLES = "examples"
REGION = "eu-central-1"

# Rules of cfn-lint to ignore in translated templates: expanded loops leave unused mappings and Fn::Sub without variables.
LEFT_BY_LOOPS = ("W1020", "W7001")

# The check, the place and the message.
Finding = collections.namedtuple("Finding", "check at message")


class Case:
    """All sources, possibly with a fault in one of them, and the findings on them. The rules check the files `ruled`."""

    def __init__(self, folder: pathlib.Path, sources: dict[str, dict], ruled: str = "*"):
        self.folder, self.ruled = folder, ruled
        self.findings: set[Finding] = set()
        resolved = folder / "resolved"
        resolved.mkdir(parents=True, exist_ok=True)
        (resolved / f"production-{POLICY}.json").write_text(json.dumps(sources[POLICY]), encoding="utf-8")
        self.path(CATALOGS).write_text(json.dumps(sources[CATALOGS], indent=1), encoding="utf-8")
        self.findings |= differences(sources)
        self.is_translated = True
        for stack in stacks(sources):
            translated, problems = translate.translate(sources[stack])
            self.findings |= {Finding(check, stack, message) for check, message in problems}
            self.path(stack).write_text(json.dumps(translated, indent=1), encoding="utf-8")
            self.is_translated &= bool(translated)

    def path(self, source: str) -> pathlib.Path:
        return self.folder / f"{source}.json"


def read_sources() -> dict[str, dict]:
    """The template of each stack, the stack policy, and the catalog of each domain."""
    sources = {stack: templates.read(templates.path(stack)) for stack in templates.stacks()}
    sources[POLICY] = json.loads((SOURCES / f"{POLICY}.json").read_text(encoding="utf-8"))
    examples = sorted(pathlib.Path(EXAMPLES).glob("*/infra/*.yaml"))
    sources[EXAMPLES] = {path.stem: templates.read(path) for path in examples}
    sources[CATALOGS] = {path.parent.name: catalog(path) for path in sorted(EVENTS.glob("*/topics.json"))}
    return sources


def catalog(topics: pathlib.Path) -> dict:
    """A domain's topics and the subscribers that it lists, if any."""
    subscribers = topics.with_name("subscribers.toml")
    return {
        "topics": json.loads(topics.read_text(encoding="utf-8")),
        "subscribers": tomllib.loads(subscribers.read_text(encoding="utf-8")) if subscribers.exists() else {},
    }


def stacks(sources: dict[str, dict]) -> list[str]:
    return [source for source in sources if source not in (POLICY, CATALOGS, EXAMPLES)]


def differences(sources: dict[str, dict]) -> set[Finding]:
    """Differences between domains in their common parts: parameters and conditions of the same name, and the loop."""
    domains = sources[EXAMPLES] | {name: sources[name] for name in stacks(sources)[1:]}
    found, first = set(), {}
    for domain, template in domains.items():
        for part, text in shared_parts(domain, template).items():
            other, wanted = first.setdefault(part, (domain, text))
            if text != wanted:
                found.add(Finding("same_in_every_domain", domain, f"{part} differs from {other}'s; make them the same"))
    return found


def shared_parts(domain: str, template: dict) -> dict[str, str]:
    """The common parts as text, without the domain's name."""
    parts = {
        f"{section}/{name}": part for section in ("Parameters", "Conditions") for name, part in template[section].items()
    }
    parts[LOOP] = template["Resources"].get(LOOP, [])[2:]
    return {
        name: json.dumps(part, sort_keys=True).replace(f"{domain}-${{Function}}", "${Function}")
        for name, part in parts.items()
    }


def cfn_lint(path: pathlib.Path, ignored: tuple[str, ...] = ()) -> set[Finding]:
    config = ManualArgs(regions=[REGION], ignore_checks=list(ignored))
    matches = lint(path.read_text(encoding="utf-8"), config=config)
    return {Finding("cfn_lint", f"{path}:{it.linenumber}", f"{it.rule.id} {it.message}") for it in matches}


def judge(cases: list[Case], checks: str, guard: str) -> list[str]:
    """Adds the findings of the project's own checks and of the rules. Returns the names of all of them."""
    cases = [case for case in cases if case.is_translated]
    named = subprocess.run([checks, *(case.folder for case in cases)], check=True, stdout=subprocess.PIPE, text=True)
    for case in cases:
        found = json.loads((case.folder / "findings.json").read_text(encoding="utf-8"))
        case.findings |= {Finding(**it) for it in found}
        deployed = list(case.folder.glob(f"resolved/{case.ruled}.json"))
        case.findings |= broken_rules(deployed, guard) if deployed else set()
    rules = (rule.read_text(encoding="utf-8") for rule in sorted(RULES.glob("*.guard")))
    return named.stdout.split() + re.findall(r"^rule (\w+)", "\n".join(rules), re.MULTILINE)


def broken_rules(templates: list[pathlib.Path], guard: str) -> set[Finding]:
    """The cfn-guard rules that templates break, with the resources that break them."""
    command = [guard, "validate", "--structured", "--output-format", "json", "--show-summary", "none"]
    command += ["--rules", RULES, "--data", *templates]
    report = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    # 19 means that a rule is broken.
    if report.returncode not in (0, 19):
        sys.exit(f"{command} failed: status {report.returncode}")
    broken = [rule for file in json.loads(report.stdout) for rule in file["not_compliant"]]
    return {
        Finding(rule["Rule"]["name"], resource, "breaks this rule of infra/checks/rules")
        for rule in broken
        for resource in re.findall(r'"/Resources/(\w+)', json.dumps(rule)) or ["the template"]
    }


def without_suppressed(findings: set[Finding]) -> list[Finding]:
    """The findings without those in suppressions.yaml, and the entries there that suppress nothing."""
    suppressed = {(it["check"], it["at"]): it["reason"] for it in templates.read(SUPPRESSIONS)}
    used = {(it.check, it.at) for it in findings} & set(suppressed)
    unused = [Finding("suppressions", at, f"nothing to suppress by {check}") for check, at in set(suppressed) - used]
    return sorted(it for it in findings if (it.check, it.at) not in used) + unused


def check_templates(sources: dict[str, dict], checks: str, guard: str) -> set[Finding]:
    """Fails if there are findings on the unchanged templates. Otherwise returns the suppressed findings."""
    case = Case(OUT / "templates", sources)
    for stack in stacks(sources):
        case.findings |= cfn_lint(SOURCES / f"{stack}.yaml") | cfn_lint(case.path(stack), LEFT_BY_LOOPS)
    judge([case], checks, guard)
    left = without_suppressed(case.findings)
    for finding in left:
        print(f"{finding.check}: {finding.at}: {finding.message}")
    if left:
        sys.exit(f"{len(left)} findings on the templates")
    check_permissions(case.folder / "permissions")
    print(f"no findings on the templates, {len(case.findings)} suppressed")
    return case.findings


def check_permissions(written: pathlib.Path) -> None:
    """Fails if docs/permissions differs from the newly written files."""
    for path in sorted({it.name for folder in (written, PERMISSIONS) for it in folder.glob("*.md")}):
        now, stored = (it.read_text(encoding="utf-8") if it.exists() else None for it in (written / path, PERMISSIONS / path))
        if now is None:
            sys.exit(f"{PERMISSIONS / path} is about a domain that infra/stacks.toml does not list; delete it")
        if now != stored:
            sys.exit(f"{PERMISSIONS / path} is not what the templates and the code say; review {written / path} and copy it "
                     "there")


def check_checks(sources: dict[str, dict], known: set[Finding], checks: str, guard: str) -> None:
    """Fails if a check does not notice its fault, or if a check has no fault."""
    listed = templates.read(FAULTS)
    cases = []
    for number, fault in enumerate(listed):
        # The rules take the longest, so they check only the template with the fault.
        case = Case(OUT / "faults" / f"{number:02}", faults.seed(sources, fault), f"production-{fault['in']}")
        if fault["check"] == "cfn_lint":
            case.findings |= cfn_lint(case.path(fault["in"]), LEFT_BY_LOOPS)
        cases.append(case)
    names = ["loops", "same_in_every_domain", "sam_models", "sam_translator", "cfn_lint", "evaluation"]
    names += judge(cases, checks, guard)
    problems = [f"no fault for the check {name}" for name in set(names) - {fault["check"] for fault in listed}]
    width = max(len(fault["fault"]) for fault in listed)
    for fault, case in zip(listed, cases):
        noticed = sorted({finding.check for finding in case.findings - known})
        print(f"{fault['fault']:{width}}  {', '.join(noticed) or 'nothing'}")
        if fault["check"] not in noticed:
            problems.append(f"not noticed by {fault['check']}: {fault['fault']}")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(listed)} faults, each noticed by its check; {len(names)} checks, each with a fault")


def main() -> None:
    checks, guard, *options = sys.argv[1:]
    shutil.rmtree(OUT, ignore_errors=True)
    sources = read_sources()
    known = check_templates(sources, checks, guard)
    if options != ["--templates"]:
        check_checks(sources, known, checks, guard)


if __name__ == "__main__":
    main()
