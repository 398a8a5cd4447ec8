/* A fault at the n-th call that changes something under a folder. Linux; loaded with LD_PRELOAD.
 *
 * Environment, read when a program starts and at each call of fault_arm():
 *   FAULT_FOLDER  only calls on this folder and what is in it count; an absolute path without links
 *   FAULT_KIND    kill      the process is killed before the call
 *                 torn      it is killed when half of a write is done
 *                 short     half of a write is done, and the call says so
 *                 enospc    the call fails: no space left on the device
 *                 eio       the call fails: input/output error
 *                 full      half of a write is done, and from then on nothing can be added
 *                 readonly  from this call on the folder can only be read
 *   FAULT_AT      n, from 1; 0: no fault
 *   FAULT_LOG     a file outside of the folder that gets a line for each call that counts
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum what { WRITE, SYNC, ADD, CHANGE };
enum verdict { GO, HALF, HALF_AND_DIE, FAIL };

static char folder[PATH_MAX], kind[16];
static long at;
static long count; /* of calls so far; several threads may add to it */
static int log_file = -1;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

__attribute__((constructor)) void fault_arm(void)
{
    const char *in = getenv("FAULT_FOLDER"), *how = getenv("FAULT_KIND"), *n = getenv("FAULT_AT");
    const char *log = getenv("FAULT_LOG");
    if (log_file >= 0)
        close(log_file);
    snprintf(folder, sizeof folder, "%s", in ? in : "");
    snprintf(kind, sizeof kind, "%s", how ? how : "");
    at = n ? atol(n) : 0;
    count = 0;
    log_file = log ? REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
}

static int is_kind(const char *name)
{
    return strcmp(kind, name) == 0;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static int is_inside(const char *path)
{
    size_t n = strlen(folder);
    return n && strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Where a path leads from a folder that is open; what it names itself may be a link. */
static void absolute(int from, const char *path, char *out)
{
    char base[PATH_MAX] = "", link[64];
    if (path[0] != '/') {
        snprintf(link, sizeof link, from == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", from);
        ssize_t n = readlink(link, base, sizeof base - 1);
        base[n > 0 ? n : 0] = '\0';
    }
    if (snprintf(out, PATH_MAX, "%s%s%s", base, base[0] ? "/" : "", path) >= PATH_MAX)
        abort();
}

static enum verdict fails(int error)
{
    errno = error;
    return FAIL;
}

/* What is to become of a call on a path; where it is to fail, errno says how. */
static enum verdict judged(enum what what, const char *name, const char *path)
{
    if (!is_inside(path))
        return GO;
    long n = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    if (log_file >= 0)
        dprintf(log_file, "%s %s\n", name, path + strlen(folder));
    if (at == 0 || n < at)
        return GO;
    if (is_kind("readonly"))
        return fails(EROFS);
    if (is_kind("full") && n > at)
        return what == WRITE || what == ADD ? fails(ENOSPC) : GO;
    if (n > at)
        return GO;
    if (is_kind("kill"))
        die();
    if (is_kind("eio"))
        return fails(EIO);
    if (is_kind("enospc"))
        return fails(ENOSPC);
    if (what != WRITE)
        return is_kind("full") && what == ADD ? fails(ENOSPC) : GO;
    return is_kind("torn") ? HALF_AND_DIE : is_kind("short") || is_kind("full") ? HALF : GO;
}

static enum verdict judged_file(enum what what, const char *name, int file)
{
    char link[64], path[PATH_MAX];
    int before = errno;
    if (!folder[0])
        return GO;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = before;
    if (n <= 0)
        return GO;
    path[n] = '\0';
    return judged(what, name, path);
}

static enum verdict judged_path(enum what what, const char *name, int from, const char *path)
{
    char whole[PATH_MAX];
    if (!folder[0])
        return GO;
    absolute(from, path, whole);
    return judged(what, name, whole);
}

/* Writes; "call" is the real one with as many bytes as "size" says. */
#define WRITTEN(name, file, size, call)                        \
    do {                                                       \
        enum verdict verdict = judged_file(WRITE, name, file); \
        if (verdict == FAIL)                                   \
            return -1;                                         \
        if (verdict != GO)                                     \
            (size) /= 2;                                       \
        ssize_t done = (call);                                 \
        if (verdict == HALF_AND_DIE)                           \
            die();                                             \
        return done;                                           \
    } while (0)

ssize_t write(int file, const void *bytes, size_t size)
{
    WRITTEN("write", file, size, REAL(write)(file, bytes, size));
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t place)
{
    WRITTEN("pwrite", file, size, REAL(pwrite)(file, bytes, size, place));
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t place)
{
    WRITTEN("pwrite", file, size, REAL(pwrite64)(file, bytes, size, place));
}

/* Half of several pieces is half of the first. */
ssize_t writev(int file, const struct iovec *pieces, int n)
{
    size_t size = n ? pieces[0].iov_len : 0, whole = size;
    WRITTEN("writev", file, size,
            size == whole ? REAL(writev)(file, pieces, n) : REAL(write)(file, pieces[0].iov_base, size));
}

#define CHANGED_FILE(what, file, name, ...) \
    return judged_file(what, #name, file) == FAIL ? -1 : REAL(name)(__VA_ARGS__)
#define CHANGED_PATH(what, from, path, name, ...) \
    return judged_path(what, #name, from, path) == FAIL ? -1 : REAL(name)(__VA_ARGS__)

int fsync(int file)
{
    CHANGED_FILE(SYNC, file, fsync, file);
}

int fdatasync(int file)
{
    CHANGED_FILE(SYNC, file, fdatasync, file);
}

int ftruncate(int file, off_t size)
{
    CHANGED_FILE(CHANGE, file, ftruncate, file, size);
}

int ftruncate64(int file, off64_t size)
{
    CHANGED_FILE(CHANGE, file, ftruncate64, file, size);
}

int fallocate(int file, int mode, off_t from, off_t size)
{
    CHANGED_FILE(ADD, file, fallocate, file, mode, from, size);
}

int rename(const char *from, const char *to)
{
    CHANGED_PATH(CHANGE, AT_FDCWD, to, rename, from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    CHANGED_PATH(CHANGE, to_folder, to, renameat, from_folder, from, to_folder, to);
}

int link(const char *from, const char *to)
{
    CHANGED_PATH(ADD, AT_FDCWD, to, link, from, to);
}

int unlink(const char *path)
{
    CHANGED_PATH(CHANGE, AT_FDCWD, path, unlink, path);
}

int unlinkat(int from, const char *path, int flags)
{
    CHANGED_PATH(CHANGE, from, path, unlinkat, from, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    CHANGED_PATH(ADD, AT_FDCWD, path, mkdir, path, mode);
}

static int makes(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

/* Opening counts where it makes a file; a folder that can only be read refuses to be written to as well. */
static int refused(const char *name, int from, const char *path, int flags)
{
    int before = errno;
    char whole[PATH_MAX];
    struct stat found;
    if (!folder[0] || (flags & O_ACCMODE) == O_RDONLY)
        return 0;
    absolute(from, path, whole);
    int is_there = stat(whole, &found) == 0 && !S_ISDIR(found.st_mode);
    errno = before;
    if (is_there && !(is_kind("readonly") && at && is_inside(whole)))
        return 0;
    if (!is_there && !makes(flags))
        return 0;
    return judged(ADD, name, whole) == FAIL;
}

#define OPENED(name, from, path, flags, ...)                   \
    do {                                                       \
        va_list more;                                          \
        va_start(more, flags);                                 \
        mode_t mode = makes(flags) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                          \
        if (refused("open", from, path, flags))                \
            return -1;                                         \
        return REAL(name)(__VA_ARGS__, mode);                  \
    } while (0)

int open(const char *path, int flags, ...)
{
    OPENED(open, AT_FDCWD, path, flags, path, flags);
}

int open64(const char *path, int flags, ...)
{
    OPENED(open64, AT_FDCWD, path, flags, path, flags);
}

int openat(int from, const char *path, int flags, ...)
{
    OPENED(openat, from, path, flags, from, path, flags);
}

int openat64(int from, const char *path, int flags, ...)
{
    OPENED(openat64, from, path, flags, from, path, flags);
}
