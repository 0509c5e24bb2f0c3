// SPDX-License-Identifier: MIT
#pragma once
// The kernel's constants and structures, from its own headers. What those headers leave to a C library, and what
// clashes with one in hosted tests, is defined here by the name that it has in the manual.

#include <asm/fcntl.h>
#include <asm/socket.h>
#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/landlock.h>
#include <linux/mman.h>
#include <linux/openat2.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/signalfd.h>
#include <linux/stat.h>
#include <linux/tcp.h>
#include <linux/time_types.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace minhttp::sys::abi {

// socket(2): from the kernel's include/linux/socket.h and net.h, which are not among its public headers.
constexpr int af_unix = 1;
constexpr int af_inet = 2;
constexpr int af_inet6 = 10;
constexpr int sock_stream = 1;
constexpr int sock_datagram = 2;
constexpr int sock_seqpacket = 5;
constexpr int sock_nonblock = O_NONBLOCK;
constexpr int sock_cloexec = O_CLOEXEC;
constexpr int msg_more = 0x8000;              // send(2): more follows, do not send a short segment
constexpr int msg_peek = 2;                   // recv(2): the bytes stay in the socket
constexpr int msg_nosignal = 0x4000;          // send(2): EPIPE without SIGPIPE
constexpr int msg_dontwait = 0x40;            // send(2): EAGAIN instead of waiting
constexpr int msg_cmsg_cloexec = 0x4000'0000; // recvmsg(2): received descriptors are closed by exec
constexpr int scm_rights = 1;                 // unix(7)
constexpr int type_mask = 0170000;            // S_IFMT and its values, inode(7)
constexpr int type_file = 0100000;
constexpr int type_directory = 0040000;
constexpr int type_link = 0120000;
constexpr int type_pipe = 0010000;
constexpr int type_character = 0020000;
constexpr int type_socket = 0140000;
constexpr int type_shift = 12; // an entry's type is the one in a mode, shifted: DT_REG and others
constexpr int entry_size = 16; // getdents64(2), struct linux_dirent64: offsets of its members
constexpr int entry_type = 18;
constexpr int entry_name = 19;
constexpr int seek_set = 0; // lseek(2)
constexpr int shut_wr = 1;  // shutdown(2)
constexpr int shut_rdwr = 2;
constexpr int clock_realtime = 0; // clock_gettime(2)
constexpr int clock_monotonic = 1;
constexpr int clock_process_cpu = 2; // processor time of this process
constexpr int sighup = 1;            // signal(7)
constexpr int sigint = 2;
constexpr int sigquit = 3;
constexpr int sigkill = 9;
constexpr int sigusr1 = 10;
constexpr int sigusr2 = 12;
constexpr int sigpipe = 13;
constexpr int sigterm = 15;
constexpr int sigchld = 17;
constexpr int sigxfsz = 25;
constexpr int sigsys = 31;
constexpr unsigned long sa_siginfo = 4; // rt_sigaction(2)
constexpr unsigned long sa_restorer = 0x0400'0000;
constexpr int si_kernel = 0x80;        // sigaction(2)
constexpr int sig_block = 0;           // rt_sigprocmask(2)
constexpr size_t signal_set_bytes = 8; // the size of a set, which rt_sig* calls want

// sendmsg(2): struct iovec and struct msghdr.
struct IoVector {
  const void* bytes;
  size_t size;
};
struct Message {
  void* name = nullptr;
  int name_size = 0;
  IoVector* pieces = nullptr;
  size_t piece_count = 0;
  void* control = nullptr;
  size_t control_size = 0;
  int flags = 0;
};

// cmsg(3): struct cmsghdr with one descriptor.
struct DescriptorMessage {
  size_t size = sizeof(size_t) + 3 * sizeof(int);
  int level = SOL_SOCKET;
  int type = scm_rights;
  int descriptor = -1;
  int end = 0; // pads to a multiple of a word
};

// setsockopt(2): struct linger.
struct Linger {
  int on;
  int seconds;
};

// prlimit(2). The kernel's linux/resource.h has a timeval of its own, which clashes with that
// of <sys/time.h>.
constexpr int rlimit_stack = 3; // these are the same in all our architectures
constexpr int rlimit_core = 4;
constexpr int rlimit_nproc = 6;
constexpr int rlimit_nofile = 7;
struct rlimit64 {
  uint64_t rlim_cur;
  uint64_t rlim_max;
};

constexpr int wnohang = 1; // wait4(2)

// netdevice(7)
constexpr unsigned siocgifconf = 0x8912; // linux/sockios.h
constexpr unsigned siocgifflags = 0x8913;
constexpr uint32_t interface_up = 1; // linux/if.h
constexpr uint32_t interface_loopback = 8;
constexpr uint32_t interface_running = 0x40;
constexpr unsigned tiocgwinsz = 0x5413; // ioctl_tty(2)

constexpr unsigned siocoutq = 0x5411; // tcp(7), linux/sockios.h: the same in all our architectures

// landlock(7), linux/landlock.h as of its version 7; a distribution's may be older.
constexpr uint64_t landlock_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::array<uint64_t, 7> landlock_files = { // what can be forbidden, by version
    0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff, 0xffff, 0xffff};
constexpr uint64_t landlock_tcp = 3;    // from version 4: bind and connect
constexpr uint64_t landlock_scopes = 3; // from version 6: abstract sockets, signals
struct LandlockRules {                  // struct landlock_ruleset_attr
  uint64_t files;
  uint64_t tcp;
  uint64_t scopes;
};
struct [[gnu::packed]] LandlockBeneath { // struct landlock_path_beneath_attr
  uint64_t allowed;
  int fd;
};

// sockaddr_in or sockaddr_in6: an address to listen on, or of a peer.
union SocketAddress {
  uint16_t family;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

// unix(7): sockaddr_un. The path ends with a NUL, which counts; an abstract name begins with one, and none follows it.
struct UnixAddress {
  uint16_t family = af_unix;
  char path[108] = {};
};

// netdevice(7): struct ifreq and struct ifconf.
struct Interface {
  char name[16];
  union {
    sockaddr_in address;
    uint16_t flags;
    char all[24]; // struct ifmap is the longest
  };
};
struct Interfaces {
  int bytes; // in and out
  Interface* interfaces;
};

} // namespace minhttp::sys::abi
