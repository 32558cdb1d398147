# What demo and test share: checks of tools, and the Python environment. Sourced from the repository's root, which
# the sourcing script has entered.

# Where cargo builds to; cargo reads the same variable.
target=${CARGO_TARGET_DIR:-target}

# One sentence with what to do, and exit status 2: the caller could not even start.
give_up() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 2
}

need() {
    command -v "$1" >/dev/null || give_up "$1 is missing; $2"
}

# Everything that the build and the local stack call, before anything is built.
check_tools() {
    need cargo 'install Rust with rustup, then run this again'
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(rustc --version | cut -d ' ' -f 2)
    printf '%s\n' "$wanted" "$found" | sort --version-sort --check=quiet ||
        give_up "Rust $found is too old; run rustup update, $wanted or later is needed"
    need cc 'install a C compiler (Debian: apt-get install build-essential), which librdkafka and OpenSSL are built with'
    need c++ 'install a C++ compiler (Debian: apt-get install build-essential), which librdkafka is built with'
    need make 'install it (Debian: apt-get install build-essential): librdkafka and OpenSSL are built with it'
    need perl 'install it (Debian: apt-get install perl): OpenSSL is configured with it'
    perl -MFindBin -MIPC::Cmd -e 1 2>/dev/null ||
        give_up 'perl lacks its standard modules; install all of perl (Debian: apt-get install perl), OpenSSL is configured with it'
    need flock 'install util-linux, so that two runs do not set up the same folder at once'
    need python3 'install Python 3.11 or later, which the AWS emulator runs on'
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        give_up "$(python3 --version) is too old for the AWS emulator; put Python 3.11 or later first on PATH"
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        give_up "python3 cannot make virtual environments; install its venv module (Debian: apt-get install python3-venv)"
}

# Makes .venv from scripts/requirements.txt, unless it is there. Its stamp is written last, so a set-up that was
# interrupted is done again; the lock lets a second run wait for the first.
make_venv() {
    local wanted
    wanted="$(python3 --version) $(cksum <scripts/requirements.txt)"
    mkdir -p .local
    exec 9>.local/venv.lock
    flock --nonblock 9 || { echo 'waiting for another run that sets up .venv' >&2; flock 9; }
    if [[ $(cat .venv/stamp 2>/dev/null) != "$wanted" ]]; then
        echo 'setting up the AWS emulator in .venv' >&2
        rm -f .venv/stamp
        python3 -m venv --clear .venv 9>&- || give_up 'the virtual environment .venv cannot be made; see above'
        .venv/bin/pip install --quiet --no-deps --requirement scripts/requirements.txt 9>&- ||
            give_up 'pip could not install scripts/requirements.txt; see above, and check that PyPI can be reached'
        .venv/bin/pip check --quiet 9>&- || give_up 'scripts/requirements.txt is incomplete; add what pip names above'
        echo "$wanted" >.venv/stamp
    fi
    exec 9>&-
}

# The functions and the local stack in the quick profile. All binaries of the workspace at once, so that features
# are unified as everywhere else and nothing is built twice.
build_quick() {
    echo "building with cargo into $target/quick (the first time takes some minutes)" >&2
    cargo build --profile quick --workspace --bins || give_up 'the build failed; see above'
}
