# What deploy and destroy share: a stage's settings, and the checks before anything is touched. Sourced after
# common.sh.

# No usage data to the makers of SAM, and no look-up of newer versions.
export SAM_CLI_TELEMETRY=0
# SAM expands a template's loops only with this, and fails on them otherwise. CloudFormation expands them again itself.
export SAM_CLI_ENABLE_LANGUAGE_EXTENSIONS=1

stack_list=infra/stacks.toml

# A value of a TOML file by its dotted name; a list, or the names in a table, as lines.
setting() {
    python3 - "$1" "$2" <<'PYTHON'
import sys, tomllib

with open(sys.argv[1], "rb") as file:
    value = tomllib.load(file)
for name in sys.argv[2].split("."):
    value = value[name]
for line in [value] if isinstance(value, str) else value:
    print(line)
PYTHON
}

# The lines of the stage's file for one stack.
parameters_of() {
    setting "$stage_file" "parameters.$1" 2>/dev/null || true
}

# Sets stacks, in the order of deployment.
read_stacks() {
    local stack names
    names=$(setting "$stack_list" stacks 2>/dev/null) && [[ -n $names ]] ||
        give_up "$stack_list cannot be read; it is TOML with the list \"stacks\""
    mapfile -t stacks <<<"$names"
    for stack in "${stacks[@]}"; do
        [[ -f infra/$stack.yaml ]] ||
            give_up "$stack_list lists $stack, but there is no infra/$stack.yaml; add the template or take the name out"
    done
}

# NAME=VALUE as SAM takes it whole: unquoted up to a space or a quote, or in quotes.
whole_parameter="^[A-Za-z0-9]+=([^[:space:]\"'\\\\][^[:space:]\"\\\\]*|\"[^\"\\\\]*\"|'[^'\\\\]*')\$"

check_parameters() {
    local stack parameters names found with_parameters
    mapfile -t with_parameters < <(setting "$stage_file" parameters)
    for stack in "${with_parameters[@]}"; do
        [[ " ${stacks[*]} " == *" $stack "* ]] ||
            give_up "$stage_file has parameters for $stack, which $stack_list does not list;" \
                'add it there, or remove them here'
        parameters=$(parameters_of "$stack")
        found=$(grep -vE "$whole_parameter" <<<"$parameters" | cut -d = -f 1) || true
        [[ -z $found ]] ||
            give_up "$stage_file: SAM would cut or refuse ${found//$'\n'/, } of $stack; put an empty value or one with" \
                'a space into double quotes, one with double quotes into single ones, as docs/deploying.md shows'
        names=$(cut -d = -f 1 <<<"$parameters" | sort)
        found=$(uniq -d <<<"$names")
        [[ -z $found ]] || give_up "$stage_file gives ${found//$'\n'/, } of $stack more than one value; leave one"
        ! grep -qx Stage <<<"$names" || give_up "$stage_file gives $stack a Stage; remove it, the file's name says it"
        [[ $stack == "${stacks[0]}" ]] || {
            found=$(grep -xE 'PartialBatchResponses|Tracing|OtlpEndpoint' <<<"$names") || true
            [[ -z $found ]] ||
                give_up "$stage_file gives ${found//$'\n'/, } to $stack; move it to ${stacks[0]}, which hands it on to all"
        }
    done
}

# Sets stage, stage_file, account, region and stacks, and AWS_REGION for all calls.
enter_stage() {
    stage=$1
    [[ $stage =~ ^[a-z][a-z0-9-]{0,14}[a-z0-9]$ ]] ||
        give_up "\"$stage\" is not a stage's name; use 2 to 16 lower-case letters, digits and hyphens," \
            'the first a letter, the last no hyphen'
    stage_file=infra/stages/$stage.toml
    [[ -f $stage_file ]] ||
        give_up "there is no stage $stage; write $stage_file after the pattern of infra/stages/test.toml"
    need python3 'install Python 3.11 or later'
    read_stacks
    account=$(setting "$stage_file" stage.account 2>/dev/null) &&
        region=$(setting "$stage_file" stage.region 2>/dev/null) &&
        setting "$stage_file" default.deploy.parameters >/dev/null 2>&1 &&
        setting "$stage_file" parameters >/dev/null 2>&1 ||
        give_up "$stage_file cannot be read; it is TOML with the tables of infra/stages/test.toml, all of them"
    check_parameters
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
