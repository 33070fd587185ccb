#!/bin/bash
# host.sh DIR LOCAL NAME: the first process of a lab host, in its own network, mount, UTS and PID namespaces. It gives libvirt a
# machine's worth of private paths and then only waits for children: when it dies, the kernel ends every process of the host.
set -euo pipefail
DIR=$1 LOCAL=$2 NAME=$3
mkdir -p "$DIR"/{run/libvirt,varlib,etc,log,cache,local} "$LOCAL" /etc/libvirt /var/{lib,log,cache}/libvirt
hostname "$NAME"
# A KVM that can be opened but does not work makes libvirt probe QEMU again on every call (28 s for a define): better none.
if [ "${KEEP_KVM:-no}" = no ] && [ -e /dev/kvm ]; then
  : > "$DIR/no-kvm"
  mount -o bind,ro "$DIR/no-kvm" /dev/kvm
fi
# libvirtd looks these names up before it reads that guests shall run as root; a package that is not needed otherwise would make them.
cp /etc/passwd "$DIR/passwd"
cp /etc/group "$DIR/group"
grep -q '^libvirt-qemu:' "$DIR/passwd" || echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >> "$DIR/passwd"
for group in libvirt:64054 libvirt-qemu:64055 kvm:64056; do
  grep -q "^${group%:*}:" "$DIR/group" || echo "${group%:*}:x:${group#*:}:" >> "$DIR/group"
done
mount --bind "$DIR/passwd" /etc/passwd
mount --bind "$DIR/group" /etc/group
mount --bind "$DIR/local" "$LOCAL"
mount --bind "$DIR/varlib" /var/lib/libvirt
mount --bind "$DIR/etc" /etc/libvirt
mount --bind "$DIR/log" /var/log/libvirt
mount --bind "$DIR/cache" /var/cache/libvirt
mount --bind "$DIR/run" /run # last: what is mounted below the machine's own /run is out of sight from here on
: > "$DIR/ready"
while :; do
  sleep 1000 &
  wait || true
done
