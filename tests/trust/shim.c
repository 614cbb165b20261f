/* Stands before the C library and ends the process, or fails, at the n-th call that changes a file.
 *
 * Built by shim.py and put in LD_PRELOAD. Nothing is counted until shim_arm. Modes: 0 count alone; 1 kill before the
 * call; 2 if the call writes, write half of it first, then kill; 3 fail this call and all that would take space after
 * it with `error`; 4 the same, but the first one to fail writes half before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int armed, calls;
static int target, mode, error;
static char record[1 << 18];
static atomic_int recorded;

void shim_arm(int at, int how, int number) {
  target = at, mode = how, error = number;
  atomic_store(&recorded, 0);
  memset(record, 0, sizeof record);
  atomic_store(&calls, 0);
  atomic_store(&armed, 1);
}
int shim_calls(void) { return atomic_load(&calls); }
void shim_disarm(void) { atomic_store(&armed, 0); }
const char *shim_record(void) { return record; }

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* 0: go on; 1: fail; 2: write half, then come back to `after_half`. */
static int now(const char *name, const char *one, const char *other, int fd, int takes_space, int writes) {
  if (!atomic_load(&armed)) return 0;
  int n = atomic_fetch_add(&calls, 1) + 1;
  char line[2200], link[64], named[1024] = "";
  if (fd >= 0) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, named, sizeof named - 1);
    named[size > 0 ? size : 0] = 0;
    one = named;
  }
  int length = snprintf(line, sizeof line, "%s\t%s\t%s\n", name, one, other);
  int at = atomic_fetch_add(&recorded, length);
  if (at + length + 1 < (int)sizeof record) memcpy(record + at, line, length);
  if (mode == 0 || n < target) return 0;
  if (mode == 1 && n == target) die();
  if (mode == 2 && n == target) {
    if (!writes) die();
    return 2;
  }
  if (mode >= 3 && takes_space) {
    if (mode == 4 && writes && n == target) return 2;
    errno = error;
    return 1;
  }
  return 0;
}

#define REAL(name, type) \
  static __typeof__(type) real; \
  if (!real) real = (__typeof__(type))dlsym(RTLD_NEXT, name)

static ssize_t is_file(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

ssize_t write(int fd, const void *body, size_t count) {
  REAL("write", ssize_t (*)(int, const void *, size_t));
  if (!is_file(fd)) return real(fd, body, count);
  switch (now("write", "", "", fd, 1, 1)) {
    case 1: return -1;
    case 2: {
      ssize_t half = real(fd, body, count / 2);
      if (mode == 2) die();
      return half;
    }
  }
  return real(fd, body, count);
}
ssize_t pwrite64(int fd, const void *body, size_t count, off_t at) {
  REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off_t));
  if (is_file(fd) && now("pwrite", "", "", fd, 1, 0)) return -1;
  return real(fd, body, count, at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL("writev", ssize_t (*)(int, const struct iovec *, int));
  if (is_file(fd) && now("writev", "", "", fd, 1, 0)) return -1;
  return real(fd, parts, count);
}

#define CHANGES(flags) ((flags) & (O_CREAT | O_TRUNC))
#define MODE_OF(flags) \
  mode_t made = 0; \
  if (CHANGES(flags)) { va_list more; va_start(more, flags); made = va_arg(more, mode_t); va_end(more); }

int open64(const char *path, int flags, ...) {
  REAL("open64", int (*)(const char *, int, ...));
  MODE_OF(flags);
  if (CHANGES(flags) && now("open", path, "", -1, 1, 0)) return -1;
  return real(path, flags, made);
}
int open(const char *path, int flags, ...) {
  REAL("open", int (*)(const char *, int, ...));
  MODE_OF(flags);
  if (CHANGES(flags) && now("open", path, "", -1, 1, 0)) return -1;
  return real(path, flags, made);
}
int openat64(int folder, const char *path, int flags, ...) {
  REAL("openat64", int (*)(int, const char *, int, ...));
  MODE_OF(flags);
  if (CHANGES(flags) && now("openat", path, "", -1, 1, 0)) return -1;
  return real(folder, path, flags, made);
}
int openat(int folder, const char *path, int flags, ...) {
  REAL("openat", int (*)(int, const char *, int, ...));
  MODE_OF(flags);
  if (CHANGES(flags) && now("openat", path, "", -1, 1, 0)) return -1;
  return real(folder, path, flags, made);
}

#define ONE(name, space, parameters, arguments, one, other, fd) \
  int name parameters { \
    REAL(#name, int (*) parameters); \
    return now(#name, one, other, fd, space, 0) ? -1 : real arguments; \
  }

ONE(rename, 0, (const char *from, const char *to), (from, to), from, to, -1)
ONE(renameat, 0, (int a, const char *from, int b, const char *to), (a, from, b, to), from, to, -1)
ONE(renameat2, 0, (int a, const char *from, int b, const char *to, unsigned how), (a, from, b, to, how), from, to, -1)
ONE(unlink, 0, (const char *path), (path), path, "", -1)
ONE(unlinkat, 0, (int folder, const char *path, int how), (folder, path, how), path, "", -1)
ONE(rmdir, 0, (const char *path), (path), path, "", -1)
ONE(mkdir, 1, (const char *path, mode_t made), (path, made), path, "", -1)
ONE(mkdirat, 1, (int folder, const char *path, mode_t made), (folder, path, made), path, "", -1)
ONE(ftruncate64, 0, (int fd, off_t size), (fd, size), "", "", fd)
ONE(ftruncate, 0, (int fd, off_t size), (fd, size), "", "", fd)
ONE(truncate64, 0, (const char *path, off_t size), (path, size), path, "", -1)
ONE(truncate, 0, (const char *path, off_t size), (path, size), path, "", -1)
ONE(link, 1, (const char *from, const char *to), (from, to), from, to, -1)
ONE(symlink, 1, (const char *from, const char *to), (from, to), from, to, -1)
ONE(fsync, 1, (int fd), (fd), "", "", fd)
ONE(fdatasync, 1, (int fd), (fd), "", "", fd)
