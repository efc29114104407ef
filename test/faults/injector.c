/*
 * Loaded before libc: numbers the calls on files and sockets below FAULT_PLACES (paths, separated by colons), and once there was one those
 * that start programs; makes number FAULT_AT fail. FAULT_INSTEAD (two paths, the same separator) opens the second where the first is meant.
 * FAULT_KIND: kill (SIGKILL; a write when half of it is done), error (FAULT_NUMBER is the errno), signal (FAULT_NUMBER), or
 * nothing, which only logs. FAULT_LOG gets a line per call: "w" or "r" for what changes or only reads something, and its name.
 * Below /dev/shm only what has the number of this process in its name counts: those of others come and go.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { OTHER = 0, READING = 1, WRITING = 2, DESCRIPTORS = 4096 };
enum { NOTHING, KILL, ERROR, SIGNAL };

static char places[4096], meant[4096], *instead;
static pid_t self;
static int kind, number, at, log_to = -1;
static atomic_int calls;
static atomic_char uses[DESCRIPTORS];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  self = getpid();
  const char *text = getenv("FAULT_PLACES");
  if (text) snprintf(places, sizeof places, "%s", text);
  text = getenv("FAULT_INSTEAD");
  if (text) snprintf(meant, sizeof meant, "%s", text);
  if ((instead = strchr(meant, ':'))) *instead++ = 0;
  text = getenv("FAULT_KIND");
  kind = !text ? NOTHING : *text == 'k' ? KILL : *text == 'e' ? ERROR : SIGNAL;
  text = getenv("FAULT_NUMBER");
  number = text ? atoi(text) : 0;
  text = getenv("FAULT_AT");
  at = text ? atoi(text) : 0;
  text = getenv("FAULT_LOG");
  if (text) log_to = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* Programs that it starts, as an editor, are left alone. */
  for (const char **name = (const char *[]){"LD_PRELOAD", "FAULT_PLACES", "FAULT_KIND", "FAULT_AT", "FAULT_INSTEAD", NULL}; *name; name++) unsetenv(*name);
}

/* In memory all runs on a machine have their folders side by side, and look at those of the others. */
static int is_of_others(const char *path) {
  static const char memory[] = "/dev/shm/";
  char own[32];
  snprintf(own, sizeof own, "-%d-", self);
  return strncmp(path, memory, strlen(memory)) == 0 && !strstr(path, own);
}

static int is_ours(const char *path) {
  if (!path || !*places) return 0;
  char whole[8192];
  if (*path != '/') {
    if (!getcwd(whole, 4000)) return 0;
    strcat(whole, "/");
    strncat(whole, path, 4000);
    path = whole;
  }
  for (const char *place = places; *place;) {
    size_t length = strcspn(place, ":");
    if (strncmp(path, place, length) == 0) return !is_of_others(path);
    place += length + (place[length] == ':');
  }
  return 0;
}

static int use_of(int descriptor) {
  return descriptor >= 0 && descriptor < DESCRIPTORS ? uses[descriptor] : OTHER;
}

/* Whether this call has to fail; errno is set then. */
static int step(int use, const char *name) {
  /* A copy that is to become another program counts nothing: its calls would take the numbers of ours. */
  if (use == OTHER || getpid() != self) return 0;
  int now = ++calls;
  if (log_to >= 0) {
    char line[64];
    int length = snprintf(line, sizeof line, "%c %s\n", use == WRITING ? 'w' : 'r', name);
    syscall(SYS_write, log_to, line, length);
  }
  if (now != at) return 0;
  if (kind == KILL) kill(getpid(), SIGKILL);
  if (kind == SIGNAL) kill(getpid(), number);
  if (kind == ERROR) errno = number;
  return kind == ERROR;
}

static int opened(int descriptor, int use) {
  if (descriptor >= 0 && descriptor < DESCRIPTORS) uses[descriptor] = use;
  return descriptor;
}

#define OPEN(name)                                                                       \
  int name(const char *path, int flags, ...) {                                           \
    va_list rest;                                                                        \
    va_start(rest, flags);                                                               \
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;                    \
    va_end(rest);                                                                        \
    if (instead && strcmp(path, meant) == 0) path = instead;                             \
    int use = !is_ours(path) ? OTHER : flags & (O_WRONLY | O_RDWR | O_CREAT) ? WRITING : READING; \
    if (step(use, "open")) return -1;                                                    \
    return opened(REAL(name)(path, flags, mode), use);                                   \
  }
OPEN(open)
OPEN(open64)

/* Before a write: half of it, if that is where the program is killed. */
#define WRITE(name, given, values, half)                       \
  ssize_t name given {                                         \
    int use = use_of(descriptor) == WRITING ? WRITING : OTHER; \
    if (use && kind == KILL && calls + 1 == at) half;          \
    return step(use, #name) ? -1 : REAL(name) values;          \
  }
WRITE(write, (int descriptor, const void *bytes, size_t count), (descriptor, bytes, count),
      syscall(SYS_write, descriptor, bytes, count / 2))
WRITE(pwrite, (int descriptor, const void *bytes, size_t count, off_t place), (descriptor, bytes, count, place),
      syscall(SYS_pwrite64, descriptor, bytes, count / 2, place))
WRITE(pwrite64, (int descriptor, const void *bytes, size_t count, off64_t place), (descriptor, bytes, count, place),
      syscall(SYS_pwrite64, descriptor, bytes, count / 2, place))
WRITE(writev, (int descriptor, const struct iovec *parts, int count), (descriptor, parts, count), (void)0)

#define ON_DESCRIPTOR(type, name, use, given, values) \
  type name given { return step(use, #name) ? (type)-1 : REAL(name) values; }
#define BY_DESCRIPTOR(name, given, values) \
  ON_DESCRIPTOR(int, name, use_of(descriptor) == OTHER ? OTHER : WRITING, given, values)
BY_DESCRIPTOR(fsync, (int descriptor), (descriptor))
BY_DESCRIPTOR(fdatasync, (int descriptor), (descriptor))
BY_DESCRIPTOR(ftruncate, (int descriptor, off_t length), (descriptor, length))
BY_DESCRIPTOR(ftruncate64, (int descriptor, off64_t length), (descriptor, length))
BY_DESCRIPTOR(fchmod, (int descriptor, mode_t mode), (descriptor, mode))
BY_DESCRIPTOR(fchown, (int descriptor, uid_t user, gid_t group), (descriptor, user, group))
ON_DESCRIPTOR(ssize_t, read, use_of(descriptor) == OTHER ? OTHER : READING, (int descriptor, void *bytes, size_t count), (descriptor, bytes, count))
ON_DESCRIPTOR(ssize_t, pread, use_of(descriptor) == OTHER ? OTHER : READING, (int descriptor, void *bytes, size_t count, off_t place), (descriptor, bytes, count, place))
ON_DESCRIPTOR(ssize_t, pread64, use_of(descriptor) == OTHER ? OTHER : READING, (int descriptor, void *bytes, size_t count, off64_t place), (descriptor, bytes, count, place))

#define BY_PATH(name, which, given, values) \
  int name given { return step(is_ours(which) ? WRITING : OTHER, #name) ? -1 : REAL(name) values; }
BY_PATH(rename, to, (const char *from, const char *to), (from, to))
BY_PATH(link, to, (const char *from, const char *to), (from, to))
BY_PATH(symlink, to, (const char *from, const char *to), (from, to))
BY_PATH(unlink, path, (const char *path), (path))
BY_PATH(rmdir, path, (const char *path), (path))
BY_PATH(mkdir, path, (const char *path, mode_t mode), (path, mode))
BY_PATH(chmod, path, (const char *path, mode_t mode), (path, mode))
BY_PATH(chown, path, (const char *path, uid_t user, gid_t group), (path, user, group))

/* What only looks. */
#define LOOKING(type, failed, name, given, values) \
  type name given { return step(is_ours(path) ? READING : OTHER, #name) ? failed : REAL(name) values; }
LOOKING(int, -1, access, (const char *path, int mode), (path, mode))
LOOKING(ssize_t, -1, readlink, (const char *path, char *text, size_t size), (path, text, size))
LOOKING(char *, NULL, realpath, (const char *path, char *real), (path, real))
LOOKING(DIR *, NULL, opendir, (const char *path), (path))
typedef int chooser(const struct dirent *);
typedef int comparer(const struct dirent **, const struct dirent **);
LOOKING(int, -1, scandir, (const char *path, struct dirent ***names, chooser *choose, comparer *compare), (path, names, choose, compare))
LOOKING(int, -1, scandir64, (const char *path, struct dirent64 ***names, int (*choose)(const struct dirent64 *), int (*compare)(const struct dirent64 **, const struct dirent64 **)), (path, names, choose, compare))

/* Removing trees: the path is below a descriptor that this library has not seen opened. */
int unlinkat(int folder, const char *path, int flags) {
  char link[64], whole[8192];
  ssize_t length = -1;
  if (*path != '/' && folder != AT_FDCWD) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    length = readlink(link, whole, 4000);
  }
  if (length >= 0) snprintf(whole + length, 4096, "/%s", path);
  int use = is_ours(length >= 0 ? whole : path) ? WRITING : OTHER;
  return step(use, "unlinkat") ? -1 : REAL(unlinkat)(folder, path, flags);
}

static int use_of_address(const struct sockaddr *address, int use) {
  return address->sa_family == AF_UNIX && is_ours(((const struct sockaddr_un *)address)->sun_path) ? use : OTHER;
}

/* What is read from the socket counts, too. */
int connect(int descriptor, const struct sockaddr *address, socklen_t size) {
  int use = use_of_address(address, READING);
  if (step(use, "connect")) return -1;
  if (use) opened(descriptor, use);
  return REAL(connect)(descriptor, address, size);
}

int bind(int descriptor, const struct sockaddr *address, socklen_t size) {
  int use = use_of_address(address, WRITING);
  if (step(use, "bind")) return -1;
  if (use) opened(descriptor, use);
  return REAL(bind)(descriptor, address, size);
}

int listen(int descriptor, int most) {
  return step(use_of(descriptor), "listen") ? -1 : REAL(listen)(descriptor, most);
}

/* Starting programs, and what they are talked to through. Node itself uses these before it has read any file of ours. */
#define STARTING(type, name, given, values) \
  type name given { return step(calls ? READING : OTHER, #name) ? -1 : REAL(name) values; }
STARTING(pid_t, fork, (void), ())
STARTING(int, pipe2, (int both[2], int flags), (both, flags))
STARTING(int, socketpair, (int domain, int type, int protocol, int both[2]), (domain, type, protocol, both))

char *mkdtemp(char *path) {
  return step(is_ours(path) ? WRITING : OTHER, "mkdtemp") ? NULL : REAL(mkdtemp)(path);
}

/* libuv closes by number. A descriptor is closed also where that fails, as in Linux. */
long syscall(long which, ...) {
  static __typeof__(&syscall) real;
  if (!real) real = REAL(syscall);
  va_list rest;
  va_start(rest, which);
  long given[6];
  for (int index = 0; index < 6; index++) given[index] = va_arg(rest, long);
  va_end(rest);
  /* And looks at files by a number of its own; that of a descriptor has no path. */
  const char *path = (const char *)given[1];
  if (which == SYS_statx) {
    int looked = !*path ? use_of((int)given[0]) : is_ours(path);
    if (step(looked == OTHER ? OTHER : READING, "statx")) return -1;
  }
  int use = which == SYS_close ? use_of((int)given[0]) : OTHER;
  int fails = step(use, "close");
  int reason = errno;
  if (use != OTHER) uses[given[0]] = OTHER;
  long result = real(which, given[0], given[1], given[2], given[3], given[4], given[5]);
  if (!fails) return result;
  errno = reason;
  return -1;
}

int close(int descriptor) {
  return syscall(SYS_close, descriptor);
}
