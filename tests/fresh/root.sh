# Sourced by tests/fresh/*.sh: a Debian 12 with nothing in it but what every machine has, in a temp folder.
#   fresh_make            makes it: $fresh_root; removed when the script ends
#   fresh_run COMMAND     runs a shell command inside, as root
# Each command has process ids and mounts of its own, so that nothing of it outlives it. The network is this machine's: it
# is there for apt-get. FRESH_BASE=FILE: a tar of such a system, made by debootstrap the first time and used from then on.
# shellcheck shell=bash
fresh_folder=
fresh_root=

fresh_make() {
    if [ "$(id -u)" != 0 ]; then
        echo "a fresh Debian needs root, for its mounts: sudo make ..." >&2
        return 1
    fi
    "$(dirname "${BASH_SOURCE[0]}")/../../deploy/packages.sh" fresh
    fresh_folder=$(mktemp -d "${TMPDIR:-/tmp}/dianchen-fresh-XXXXXX")
    trap 'rm -rf --one-file-system "$fresh_folder"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    fresh_root=$fresh_folder/root
    mkdir "$fresh_root"
    if [ -n "${FRESH_BASE:-}" ] && [ -e "$FRESH_BASE" ]; then
        tar -C "$fresh_root" -xf "$FRESH_BASE"
    else
        local mirror=${FRESH_MIRROR:-http://deb.debian.org/debian}
        debootstrap --variant=minbase bookworm "$fresh_root" "$mirror" >"$fresh_folder/debootstrap.log" 2>&1 || {
            tail -n 5 "$fresh_folder/debootstrap.log" >&2
            return 1
        }
        if [ -n "${FRESH_BASE:-}" ]; then
            tar -C "$fresh_root" -cf "$FRESH_BASE" .
        fi
    fi
    # What an installer writes and debootstrap leaves out.
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$fresh_root/etc/hosts"
    cp /etc/resolv.conf "$fresh_root/etc/resolv.conf"
    # A network whose proxy has a certificate of its own is trusted there as here.
    mkdir -p "$fresh_root/usr/local/share/ca-certificates"
    cp -r /usr/local/share/ca-certificates/. "$fresh_root/usr/local/share/ca-certificates/"
    apt-config dump | grep -i '^acquire::https\?::proxy' >"$fresh_root/etc/apt/apt.conf.d/99proxy" || true
}

fresh_run() {
    # shellcheck disable=SC2016  # for the inner shell
    unshare --mount --pid --fork --kill-child=KILL sh -euc '
        root=$1
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o mode=755 dev "$root/dev"
        for name in null zero full random urandom tty; do
            : >"$root/dev/$name"
            mount --bind "/dev/$name" "$root/dev/$name"
        done
        mkdir "$root/dev/pts" "$root/dev/shm"
        mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
        mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
        ln -s pts/ptmx "$root/dev/ptmx"
        ln -s /proc/self/fd "$root/dev/fd"
        for number in 0:stdin 1:stdout 2:stderr; do
            ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"
        done
        exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$2" </dev/null
    ' fresh "$fresh_root" "$1"
}
