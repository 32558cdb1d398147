# What deploy and destroy share: a stage's settings, and the checks before anything is touched. Sourced after
# common.sh.

# No usage data to the makers of SAM, and no look-up of newer versions.
export SAM_CLI_TELEMETRY=0

# A value of the stage's file by its dotted name; a list as lines.
setting() {
    python3 - "$stage_file" "$1" <<'PYTHON'
import sys, tomllib

with open(sys.argv[1], "rb") as file:
    value = tomllib.load(file)
for name in sys.argv[2].split("."):
    value = value[name]
print(*([value] if isinstance(value, str) else value), sep="\n")
PYTHON
}

# NAME=VALUE as SAM takes it whole: unquoted up to a space or a quote, or in quotes.
whole_parameter="^[A-Za-z0-9]+=([^[:space:]\"'\\\\][^[:space:]\"\\\\]*|\"[^\"\\\\]*\"|'[^'\\\\]*')\$"

# Sets stage, stage_file, account, region, platform and functions (the stacks' names), and AWS_REGION for all calls.
enter_stage() {
    stage=$1
    [[ $stage =~ ^[a-z][a-z0-9-]{0,14}[a-z0-9]$ ]] ||
        give_up "\"$stage\" is not a stage's name; use 2 to 16 lower-case letters, digits and hyphens," \
            'the first a letter, the last no hyphen'
    stage_file=infra/stages/$stage.toml
    [[ -f $stage_file ]] ||
        give_up "there is no stage $stage; write $stage_file after the pattern of infra/stages/test.toml"
    need python3 'install Python 3.11 or later'
    local parameters of_functions different misplaced found cut
    account=$(setting stage.account 2>/dev/null) && region=$(setting stage.region 2>/dev/null) &&
        parameters=$(setting platform.deploy.parameters.parameter_overrides 2>/dev/null) &&
        of_functions=$(setting functions.deploy.parameters.parameter_overrides 2>/dev/null) ||
        give_up "$stage_file cannot be read; it is TOML with the tables of infra/stages/test.toml, all of them"
    parameters+=$'\n'$of_functions
    cut=$(grep -vE "$whole_parameter" <<<"$parameters" | cut -d = -f 1) || true
    [[ -z $cut ]] ||
        give_up "$stage_file: SAM would cut or refuse ${cut//$'\n'/, }; put an empty value or one with a space into" \
            'double quotes, one with double quotes into single ones, as docs/deploying.md shows'
    different=$(sort -u <<<"$parameters" | cut -d = -f 1 | uniq -d)
    [[ -z $different ]] ||
        give_up "$stage_file gives ${different//$'\n'/, } more than one value; the templates must agree on it"
    misplaced=$(grep -oE '^(PartialBatchResponses|Tracing|OtlpEndpoint)=' <<<"$of_functions" | tr -d =) || true
    [[ -z $misplaced ]] ||
        give_up "$stage_file gives ${misplaced//$'\n'/, } to the functions; that belongs to the platform, which hands it on"
    found=$(grep '^Stage=' <<<"$parameters" | uniq) || true
    [[ $found == "Stage=$stage" ]] || give_up "$stage_file says ${found:-nothing of Stage}, not Stage=$stage"
    platform=tidings-$stage-platform functions=tidings-$stage-functions
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=
    need aws 'install the AWS CLI, version 2'
    need sam 'install the AWS SAM CLI'
}

# Asks AWS who is calling.
check_account() {
    local found
    found=$(aws sts get-caller-identity --query Account --output text 2>&1) ||
        give_up "AWS takes no credentials from here ($(grep . <<<"$found" | tail -n 1));" \
            'log in, for instance with aws sso login'
    [[ $found == "$account" ]] ||
        give_up "these are the credentials of account $found, but stage $stage is in account $account"
}

# Where AWS does not say, nothing may be done.
stack_exists() {
    local said
    said=$(aws cloudformation describe-stacks --stack-name "$1" 2>&1 >/dev/null) && return 0
    [[ $said == *'does not exist'* ]] ||
        give_up "AWS does not say whether there is a stack $1 ($(grep . <<<"$said" | tail -n 1))"
    return 1
}
