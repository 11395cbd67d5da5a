#!/usr/bin/env bash
# Runs a test program on an emulated processor with AVX-512 (F, BW, CD, DQ, VL), for machines that have none: boots Debian's
# kernel and PROGRAM in the emulator Bochs, prints what the program prints and ends with its exit status. Slow, some
# hundredth of the machine's own speed; results, not times, mean something. Needs root or the packages it names; not part
# of tests/run.sh.
#
#   tests/emulated.sh build/dev/tests/backends/backends_cpu_test -d
#
# HOURS in the environment: how long it may take, 6 unless given.
#
# Bochs 2.7 rounds some floats to F16 otherwise than processors do, under AVX2 as under AVX-512: the test of narrowing
# fails there. MODEL in the environment names another of Bochs' processors (`bochs --help cpu`).
set -euo pipefail

fail() {
  printf 'emulated: %s\n' "$*" >&2
  exit 1
}

(($# >= 1)) || fail "usage: tests/emulated.sh PROGRAM [ARGUMENTS]"
program=$(realpath "$1")
shift
[[ -x "$program" ]] || fail "$program: no such program"

packages=(bochs bochsbios vgabios isolinux syslinux-common xorriso busybox-static cpio)
dpkg-query -W "${packages[@]}" >/dev/null 2>&1 || apt-get install -y -q --no-install-recommends "${packages[@]}"

folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
mkdir -p root/{bin,proc,sys,dev,tmp} iso

kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: *\(linux-image-.*\)/\1/p' | head -1)
[[ -n "$kernel" ]] || fail "apt knows no linux-image-cloud-amd64"
apt-get download -q "$kernel" >/dev/null 2>&1 || fail "apt could not bring $kernel"
dpkg -x "$kernel"_*.deb package
cp package/boot/vmlinuz-* iso/vmlinuz

cp /bin/busybox root/bin/
strip -o root/bin/program "$program"
while read -r library; do
  mkdir -p "root$(dirname "$library")"
  cp -L "$library" "root$library"
done < <(ldd "$program" | grep -o '/[^ ]*')
printf 'set --' >root/arguments
(($# == 0)) || printf ' %q' "$@" >>root/arguments
cat >root/init <<'END'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1
. /arguments
cd /tmp
echo "emulated: begin"
/bin/program "$@"
status=$?
echo
echo "emulated: status $status"
/bin/busybox sleep 2
/bin/busybox poweroff -f
END
chmod +x root/init
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >iso/initrd

cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 iso/
# Bochs' compacted XSAVE areas have a size that Linux refuses, and it would go on without AVX.
cat >iso/isolinux.cfg <<'END'
DEFAULT program
PROMPT 0
LABEL program
  KERNEL vmlinuz
  INITRD initrd
  APPEND console=ttyS0,115200 quiet mitigations=off clearcpuid=xsaves,xsavec random.trust_cpu=on panic=-1
END
xorriso -as mkisofs -quiet -o disk.iso -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table iso 2>xorriso.log || fail "$(tail -1 xorriso.log)"

cat >bochsrc <<END
megs: 1024
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: model=${MODEL:-corei7_skylake_x}, count=1, ips=200000000, reset_on_triple_fault=0
ata0-master: type=cdrom, path=disk.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial.txt
log: bochs.log
clock: sync=none
display_library: rfb, options="timeout=0"
sound: driver=dummy
plugin_ctrl: gameport=0, speaker=0
END
echo continue >commands
touch serial.txt
# Debian's has its debugger built in, which begins at the first instruction and reads its commands.
timeout "${HOURS:-6}h" bochs-bin -q -rc commands -f bochsrc </dev/zero >bochs.out 2>&1 &
emulator=$!
tail -f --pid="$emulator" serial.txt | tr -d '\r' | sed -n '/^emulated: begin/,/^emulated: status/p'
wait "$emulator" || true
status=$(tr -d '\r' <serial.txt | sed -n 's/^emulated: status \([0-9]*\).*/\1/p')
[[ -n "$status" ]] || fail "the program did not end: $(tail -1 bochs.log)"
exit "$status"
