"""Checks the templates of infra/ without AWS, then seeds faults to see that each check notices one.

  python infra/checks/run.py CHECKS GUARD

CHECKS is the binary of tidings-infra-checks, GUARD is cfn-guard. Left in .local/infra: the translated templates, and
how each variant would deploy them.
"""

import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys

import faults
import translate
from cfnlint.api import ManualArgs, lint

TEMPLATES = ("platform", "functions")
POLICY = "platform-stack-policy"
SOURCES = pathlib.Path("infra")
RULES = SOURCES / "checks/rules"
FAULTS = SOURCES / "checks/faults.yaml"
SUPPRESSIONS = SOURCES / "checks/suppressions.yaml"
OUT = pathlib.Path(".local/infra")
PERMISSIONS = pathlib.Path("docs/permissions.md")
REGION = "eu-central-1"

# check, where, what
Finding = collections.namedtuple("Finding", "check at message")


class Case:
    """Both templates and the stack policy, perhaps with a fault in one of them, and the findings on them; rules judge the
    files `ruled`."""

    def __init__(self, folder: pathlib.Path, sources: dict[str, dict], ruled: str = "*"):
        self.folder, self.ruled = folder, ruled
        self.findings: set[Finding] = set()
        resolved = folder / "resolved"
        resolved.mkdir(parents=True, exist_ok=True)
        (resolved / f"production-{POLICY}.json").write_text(json.dumps(sources[POLICY]), encoding="utf-8")
        for template in TEMPLATES:
            source = sources[template]
            self.findings |= {Finding("sam_models", template, it) for it in translate.misspelt(source)}
            translated, refused = translate.translate(source)
            self.findings |= {Finding("sam_translator", template, it) for it in refused}
            self.path(template).write_text(json.dumps(translated, indent=1), encoding="utf-8")
        self.is_translated = not any(finding.check == "sam_translator" for finding in self.findings)

    def path(self, template: str) -> pathlib.Path:
        return self.folder / f"{template}.json"


def cfn_lint(path: pathlib.Path) -> set[Finding]:
    matches = lint(path.read_text(encoding="utf-8"), config=ManualArgs(regions=[REGION]))
    return {Finding("cfn_lint", f"{path}:{it.linenumber}", f"{it.rule.id} {it.message}") for it in matches}


def judge(cases: list[Case], checks: str, guard: str) -> list[str]:
    """Adds what the project's own checks and the rules find; the names of all of these."""
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
    """The rules of cfn-guard that templates break, with the resources that break them."""
    command = [guard, "validate", "--structured", "--output-format", "json", "--show-summary", "none"]
    command += ["--rules", RULES, "--data", *templates]
    report = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    # 19: a rule is broken.
    if report.returncode not in (0, 19):
        sys.exit(f"{command} could not judge: status {report.returncode}")
    broken = [rule for file in json.loads(report.stdout) for rule in file["not_compliant"]]
    return {
        Finding(rule["Rule"]["name"], resource, "breaks this rule of infra/checks/rules")
        for rule in broken
        for resource in re.findall(r'"/Resources/(\w+)', json.dumps(rule)) or ["the template"]
    }


def without_suppressed(findings: set[Finding]) -> list[Finding]:
    """What is left after suppressions.yaml, and its entries that suppress nothing."""
    suppressed = {(it["check"], it["at"]): it["reason"] for it in translate.read(SUPPRESSIONS)}
    used = {(it.check, it.at) for it in findings} & set(suppressed)
    unused = [Finding("suppressions", at, f"nothing to suppress by {check}") for check, at in set(suppressed) - used]
    return sorted(it for it in findings if (it.check, it.at) not in used) + unused


def check_templates(sources: dict[str, dict], checks: str, guard: str) -> set[Finding]:
    """Fails with what is wrong with the templates as they are; what is suppressed otherwise."""
    case = Case(OUT / "templates", sources)
    for template in TEMPLATES:
        case.findings |= cfn_lint(SOURCES / f"{template}.yaml") | cfn_lint(case.path(template))
    judge([case], checks, guard)
    left = without_suppressed(case.findings)
    for finding in left:
        print(f"{finding.check}: {finding.at}: {finding.message}")
    if left:
        sys.exit(f"{len(left)} findings on the templates")
    permissions = (case.folder / "permissions.md").read_text(encoding="utf-8")
    if not PERMISSIONS.exists() or PERMISSIONS.read_text(encoding="utf-8") != permissions:
        sys.exit(f"{PERMISSIONS} is not what templates and code say now; read what changed in "
                 f"{case.folder / 'permissions.md'} and copy it there")
    print(f"no findings on the templates, {len(case.findings)} suppressed")
    return case.findings


def check_checks(sources: dict[str, dict], known: set[Finding], checks: str, guard: str) -> None:
    """Fails for a fault that its check does not notice, and for a check that notices no fault."""
    listed = translate.read(FAULTS)
    cases = []
    for number, fault in enumerate(listed):
        # The rules take longest; what has the fault is enough for them.
        case = Case(OUT / "faults" / f"{number:02}", faults.seed(sources, fault), f"production-{fault['in']}")
        if fault["check"] == "cfn_lint":
            case.findings |= cfn_lint(case.path(fault["in"]))
        cases.append(case)
    names = ["sam_models", "sam_translator", "cfn_lint", "evaluation", *judge(cases, checks, guard)]
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
    checks, guard = sys.argv[1:]
    shutil.rmtree(OUT, ignore_errors=True)
    sources = {name: translate.read(SOURCES / f"{name}.yaml") for name in TEMPLATES}
    sources[POLICY] = json.loads((SOURCES / f"{POLICY}.json").read_text(encoding="utf-8"))
    known = check_templates(sources, checks, guard)
    check_checks(sources, known, checks, guard)


if __name__ == "__main__":
    main()
