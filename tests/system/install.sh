#!/bin/sh
# The servers that the tests run private copies of. As root on Debian they are installed; otherwise it is said what to install.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing=
needs() { # package file-or-program…
    package=$1; shift
    for thing in "$@"; do
        command -v "$thing" >/dev/null 2>&1 || test -e "$thing" || missing="$missing $package"
    done
}
needs dovecot-imapd dovecot
needs dovecot-lmtpd /usr/lib/dovecot/lmtp
needs postfix postfix
needs openssl openssl
needs chromium chromium
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"

test -n "$missing" || exit 0

command="apt-get install --no-install-recommends$missing"
if test "$(id -u)" != 0 || ! command -v apt-get >/dev/null; then
    echo "For the tests on real servers install, as root: $command" >&2
    test "${CI:-}" != true   # on CI nothing may be skipped
    exit
fi

# Only programs are wanted: a policy of "no" keeps the packages from starting services of their own.
policy=/usr/sbin/policy-rc.d
if ! test -e $policy; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f $policy' EXIT
fi

echo "Installing$missing …"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && $command --yes; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "It did not work; the whole log is $log" >&2
    exit 1
fi
rm -f "$log"
