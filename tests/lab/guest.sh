#!/bin/bash
# guest.sh DIR: DIR/vmlinuz and DIR/initrd.gz, the smallest guest that a hypervisor can do everything to: a stock kernel and a busybox
# that takes memory away (balloon), obeys the power button, and says so on its serial line. The kernel package is fetched with
# apt and unpacked, not installed. Nothing is left behind in DIR by a failure.
set -euo pipefail
OUT=$1
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

newest() { apt-cache depends "$1" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1; }
IMAGE=$(newest linux-image-cloud-amd64) # Debian's
[ -n "$IMAGE" ] || IMAGE=$(newest linux-image-virtual) # Ubuntu's, which keeps modules in a package of their own
[ -n "$IMAGE" ] || { echo "no kernel package known to apt (is apt-get update needed?)" >&2; exit 1; }
VERSION=${IMAGE#linux-image-}
PACKAGES=("$IMAGE")
if apt-cache show "linux-modules-$VERSION" >/dev/null 2>&1; then PACKAGES+=("linux-modules-$VERSION"); fi
cd "$WORK"
apt-get -qq -o APT::Sandbox::User=root download "${PACKAGES[@]}"
for package in ./*.deb; do dpkg-deb -x "$package" tree; done

ROOT=$WORK/initrd
mkdir -p "$ROOT"/{bin,mods,proc,sys,dev,use,etc/acpi/PWRF}
cp "$(command -v busybox)" "$ROOT/bin/busybox"
# In loading order; what a kernel has built in is simply not found.
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_balloon failover net_failover virtio_net virtio_blk button evdev; do
  found=$(find tree -path "*/kernel/*/$module.ko*" | head -1)
  [ -n "$found" ] || continue
  case $found in
    *.zst) zstd -qdc "$found" > "$ROOT/mods/$module.ko" ;;
    *.xz) xz -dc "$found" > "$ROOT/mods/$module.ko" ;;
    *) cp "$found" "$ROOT/mods/$module.ko" ;;
  esac
  echo "$module" >> "$ROOT/mods/order"
done

cat > "$ROOT/init" <<'GUEST'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r module; do $b insmod "/mods/$module.ko" || echo "GUEST-LACKS $module"; done < /mods/order
# "deaf" on the kernel's command line makes a guest that ignores the power button, as hung ones do.
$b grep -qw deaf /proc/cmdline || $b acpid -d -c /etc/acpi -l /dev/null >/dev/null 2>&1 &
# "use=MIB:SECONDS,..." makes one whose programs hold so much for so long, again and again. There is no swap: they take
# two MiB at a time, and wait while the kernel has less than 12 left.
schedule=$($b sed -n 's/.*use=\([0-9:,]*\).*/\1/p' /proc/cmdline)
grow() {
  while [ "$held" -lt "$1" ]; do
    left=$($b sed -n 's/MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
    [ "$left" -ge 12288 ] || return 0
    $b dd if=/dev/zero of=/use/held bs=1M seek="$held" count=2 conv=notrunc 2>/dev/null
    held=$((held + 2))
  done
}
use() {
  held=0
  $b mount -t tmpfs -o size=100% use /use
  while :; do
    for entry in $(echo "$schedule" | $b tr , ' '); do
      n=0
      while [ "$n" -lt "${entry#*:}" ]; do
        if [ "${entry%:*}" -lt "$held" ]; then
          held=${entry%:*}
          $b dd if=/dev/null of=/use/held bs=1M seek="$held" count=0 2>/dev/null
        fi
        grow "${entry%:*}"
        $b sleep 1
        n=$((n + 1))
      done
    done
  done
}
[ -z "$schedule" ] || use &
echo GUEST-UP
n=0
while :; do
  n=$((n + 1))
  echo "tick $n $($b sed -n 's/MemTotal: *//p' /proc/meminfo) cpus $($b grep -c ^processor /proc/cpuinfo)"
  $b sleep 1
done
GUEST
cat > "$ROOT/etc/acpi/PWRF/00000080" <<'BUTTON'
#!/bin/busybox sh
echo GUEST-DOWN > /dev/console
/bin/busybox poweroff -f
BUTTON
chmod +x "$ROOT/init" "$ROOT/etc/acpi/PWRF/00000080"

mkdir -p "$OUT"
(cd "$ROOT" && find . | cpio -o -H newc --quiet | gzip -1) > "$OUT/initrd.tmp"
cp "$WORK/tree/boot/vmlinuz-$VERSION" "$OUT/vmlinuz.tmp"
mv "$OUT/vmlinuz.tmp" "$OUT/vmlinuz"
mv "$OUT/initrd.tmp" "$OUT/initrd.gz"
