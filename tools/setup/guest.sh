# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh. need_guest installs the emulator, and puts into build/guest
# what tests/guest starts in it: the kernel that Debian makes for virtual machines, and busybox. Both
# are taken out of their packages, which are not installed: the kernel would become one of this
# machine, and busybox-static takes the place of busybox.

need_guest() {
  local guest=build/guest kernel
  need qemu-system-x86
  [ -e "$guest/made" ] && return 0
  kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9]\)/\1/p' | head -n 1)
  echo "Fetching from Debian, for $guest: ${kernel:-linux-image-cloud-amd64}, busybox-static" >&2
  rm -rf "$guest"
  mkdir -p "$guest"
  (
    cd "$guest" || exit
    apt-get download "${kernel:?is not known to apt}" busybox-static &&
      for package in *.deb; do dpkg -x "$package" unpacked || exit; done &&
      mv unpacked/boot/vmlinuz-* vmlinuz && mv unpacked/bin/busybox busybox &&
      rm -rf unpacked ./*.deb && touch made
  ) >"$guest/log" 2>&1 || { tail -n 20 "$guest/log" >&2; return 1; }
}
