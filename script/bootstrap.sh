# Installs what is missing; sourced. `bootstrap LIST...` takes names of lists of packages.sh.
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

# A machine may carry a tool from elsewhere (node from another source, say): what works is not installed again.
_have_package() {
    case "$1" in
        nodejs) command -v node >/dev/null && return 0 ;;
        npm) command -v npm >/dev/null && return 0 ;;
        chromium) command -v chromium >/dev/null && return 0 ;;
        python3) command -v python3 >/dev/null && return 0 ;;
    esac
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

bootstrap() {
    local missing=() list package
    for list in "$@"; do
        for package in ${!list}; do
            _have_package "$package" || missing+=("$package")
        done
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "These packages are missing and this user may not install them: ${missing[*]}. Run this as root." >&2; return 1; }
        root=(sudo)
    fi
    echo "Installing ${#missing[@]} packages (takes some minutes): ${missing[*]}" >&2
    "${root[@]}" apt-get update -q >/dev/null || { echo "apt-get update failed: check the network and the package sources." >&2; return 1; }
    local log
    log=$(mktemp)
    # A machine that has just been started may be at its daily updates: the lock is waited for.
    if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=600 "${missing[@]}" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "Installing failed; see the lines above." >&2
        return 1
    fi
    rm -f "$log"
}

# configure_and_build PRESET [TARGET...]: incremental; quiet unless it fails.
configure_and_build() {
    local preset=$1 log
    shift
    log=$(mktemp)
    if ! cmake --preset "$preset" >"$log" 2>&1 || ! cmake --build --preset "$preset" -- "$@" >>"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        echo "The build failed; see the lines above." >&2
        return 1
    fi
    rm -f "$log"
}
