/* LD_PRELOAD shim: die (or fail) at the N-th changing file operation below a folder.
 *
 *   CP_DIR    only operations on files below this folder count (required)
 *   CP_STATE  a file that holds the counter, shared by all threads and child processes (required)
 *   CP_N      act at operation number N, counted from 1; 0 only counts
 *   CP_MODE   kill       SIGKILL just before the operation (process crash; the page cache survives)
 *             after      SIGKILL just after the operation
 *             torn       writes half of the bytes, then SIGKILL
 *             power      SIGKILL just before, after undoing everything not yet fsync'ed (power loss)
 *             powerdata  as power, but names survive and only contents are lost: finds rename without fsync
 *             power50    as power, but each pending operation is undone with probability 1/2 (CP_SEED)
 *             enospc | eio    the operation fails with that errno, once; enospc+ | eio+: all later ones too
 *   CP_LOG    append one line for each operation: number, name, path
 *
 * Undo log: writes keep the old bytes and size of the range until fsync of that file; rename, unlink and
 * creation keep a hard link of what they destroy until the folder is fsync'ed; ftruncate keeps the cut tail.
 * Not covered: mmap stores (the SQLite -shm file is rebuilt on recovery anyway), O_DIRECT, io_uring.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char dir[4096];
static size_t dirlen;
static volatile uint64_t *counter;
static uint64_t target;
static char mode[16];
static int logfd = -1;
static unsigned seed;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside;

enum kind { WRITE_, TRUNC_, RENAME_, UNLINK_, CREATE_ };
struct rec {
    struct rec *prev, *next;
    enum kind k;
    dev_t dev;
    ino_t ino;
    off_t off, oldsize;
    size_t len;
    char *data;
    char a[1024], b[1024], bak[1024];
    dev_t ddev, ddev2;
    ino_t dino, dino2;
};
static struct rec *tail, *head;
static unsigned bakno;

#define REAL(name)                                                                                           \
    static __typeof__(name) *real;                                                                           \
    if (!real)                                                                                               \
    real = dlsym(RTLD_NEXT, #name)

/* Runs at start; a process that forks calls it again in the child, with another environment. */
__attribute__((constructor)) void crashpoint_arm(void) {
    const char *d = getenv("CP_DIR"), *s = getenv("CP_STATE");
    if (!d || !s)
        return;
    if (!realpath(d, dir))
        return;
    dirlen = strlen(dir);
    inside = 1;
    int fd = open(s, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && ftruncate(fd, 4096) == 0)
        counter = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (counter == MAP_FAILED)
        counter = 0;
    if (getenv("CP_N"))
        target = strtoull(getenv("CP_N"), 0, 10);
    if (getenv("CP_MODE"))
        snprintf(mode, sizeof mode, "%s", getenv("CP_MODE"));
    if (getenv("CP_SEED"))
        seed = atoi(getenv("CP_SEED"));
    if (getenv("CP_LOG"))
        logfd = open(getenv("CP_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    inside = 0;
}

static int below(const char *p) {
    return dirlen && strncmp(p, dir, dirlen) == 0 && (p[dirlen] == '/' || p[dirlen] == 0);
}
static int fdpath(int fd, char *out) {
    char l[64];
    snprintf(l, sizeof l, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(l, out, 1023);
    if (n < 0)
        return 0;
    out[n] = 0;
    return out[0] == '/';
}
static int abspath(int at, const char *p, char *out) {
    if (p[0] == '/') {
        if (strlen(p) > 1000)
            return 0;
        strcpy(out, p);
        return 1;
    }
    char base[1024];
    if (at == AT_FDCWD) {
        if (!getcwd(base, sizeof base))
            return 0;
    } else if (!fdpath(at, base))
        return 0;
    return snprintf(out, 1024, "%s/%s", base, p) < 1024;
}
static void dirid(const char *path, dev_t *d, ino_t *i) {
    char t[1024];
    snprintf(t, sizeof t, "%s", path);
    char *s = strrchr(t, '/');
    if (s)
        *s = 0;
    struct stat st;
    if (stat(t[0] ? t : "/", &st) == 0) {
        *d = st.st_dev;
        *i = st.st_ino;
    }
}
static int power(void) {
    return target && strncmp(mode, "power", 5) == 0;
}
static struct rec *push(enum kind k) {
    struct rec *r = calloc(1, sizeof *r);
    r->k = k;
    r->prev = tail;
    if (tail)
        tail->next = r;
    else
        head = r;
    tail = r;
    return r;
}
static void drop(struct rec *r) {
    if (r->prev)
        r->prev->next = r->next;
    else
        head = r->next;
    if (r->next)
        r->next->prev = r->prev;
    else
        tail = r->prev;
    if (r->bak[0])
        unlink(r->bak);
    free(r->data);
    free(r);
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

static void undo_all(void) { /* newest first */
    int dataonly = !strcmp(mode, "powerdata"), half = !strcmp(mode, "power50");
    for (struct rec *r = tail; r; r = r->prev) {
        if (half && (rand_r(&seed) & 1))
            continue;
        struct stat st;
        if (r->k == WRITE_ || r->k == TRUNC_) {
            int fd = open(r->a, O_RDWR);
            if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == r->ino && st.st_dev == r->dev) {
                if (r->len) {
                    ssize_t x = pwrite(fd, r->data, r->len, r->off);
                    (void)x;
                }
                if (r->k == TRUNC_ || st.st_size > r->oldsize) {
                    int y = ftruncate(fd, r->oldsize);
                    (void)y;
                }
            }
            if (fd >= 0)
                close(fd);
        } else if (dataonly)
            continue;
        else if (r->k == RENAME_) {
            if (rename(r->b, r->a) == 0 && stat(r->a, &st) == 0)
                for (struct rec *q = r->prev; q; q = q->prev)
                    if ((q->k == WRITE_ || q->k == TRUNC_ || q->k == CREATE_) && q->ino == st.st_ino &&
                        !strcmp(q->a, r->b))
                        snprintf(q->a, 1024, "%s", r->a);
            if (r->bak[0]) {
                rename(r->bak, r->b);
                r->bak[0] = 0;
            }
        } else if (r->k == UNLINK_) {
            if (r->bak[0]) {
                rename(r->bak, r->a);
                r->bak[0] = 0;
            }
        } else if (r->k == CREATE_) {
            if (stat(r->a, &st) == 0 && st.st_ino == r->ino)
                unlink(r->a);
        }
    }
    for (struct rec *r = head; r; r = r->next)
        if (r->bak[0])
            unlink(r->bak);
}

/* returns 0: go on, 1: act now by errno (set), 2: torn */
static int op(const char *name, const char *path) {
    if (!counter)
        return 0;
    uint64_t n = __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
    if (logfd >= 0) {
        char l[1200];
        int k = snprintf(l, sizeof l, "%llu %s %s\n", (unsigned long long)n, name,
                         path + (below(path) ? dirlen : 0));
        ssize_t x = syscall(SYS_write, logfd, l, k);
        (void)x;
    }
    if (!target || n < target)
        return 0;
    int plus = strchr(mode, '+') != 0;
    if (n > target && !plus)
        return 0;
    if (!strcmp(mode, "kill"))
        die();
    if (power()) {
        undo_all();
        die();
    }
    if (!strncmp(mode, "enospc", 6)) {
        errno = ENOSPC;
        return 1;
    }
    if (!strncmp(mode, "eio", 3)) {
        errno = EIO;
        return 1;
    }
    if (!strcmp(mode, "torn"))
        return 2;
    if (!strcmp(mode, "after"))
        return 3;
    return 0;
}

static char *keep(int fd, off_t off, size_t len, size_t *got) {
    char *b = malloc(len ? len : 1);
    ssize_t n = 0;
    int r = -1;
    char p[1024];
    if (fdpath(fd, p))
        r = open(p, O_RDONLY | O_CLOEXEC);
    if (r >= 0) {
        n = syscall(SYS_pread64, r, b, len, off);
        close(r);
    }
    *got = n > 0 ? n : 0;
    return b;
}

static void note_write(int fd, const char *p, off_t off, size_t len) {
    if (!power())
        return;
    struct stat st;
    if (fstat(fd, &st))
        return;
    struct rec *r = push(WRITE_);
    r->dev = st.st_dev;
    r->ino = st.st_ino;
    r->off = off;
    r->oldsize = st.st_size;
    snprintf(r->a, 1024, "%s", p);
    r->data = keep(fd, off, len, &r->len);
}

#define GUARD(cond, call)                                                                                    \
    if (inside || !dirlen || !(cond))                                                                        \
    return call
#define ENTER                                                                                                \
    inside = 1;                                                                                              \
    pthread_mutex_lock(&mu)
#define LEAVE                                                                                                \
    pthread_mutex_unlock(&mu);                                                                               \
    inside = 0

static ssize_t do_write(int fd, const void *b, size_t n, off_t off, int positional) {
    char p[1024];
    int tracked = 0;
    if (!inside && dirlen && fdpath(fd, p) && below(p))
        tracked = 1;
#define RAW(nn) (positional ? syscall(SYS_pwrite64, fd, b, (nn), off) : syscall(SYS_write, fd, b, (nn)))
    if (!tracked)
        return RAW(n);
    ENTER;
    off_t o = positional ? off : lseek(fd, 0, SEEK_CUR);
    int fl = fcntl(fd, F_GETFL);
    if (!positional && (fl & O_APPEND)) {
        struct stat st;
        if (!fstat(fd, &st))
            o = st.st_size;
    }
    int k = op(positional ? "pwrite" : "write", p);
    ssize_t r;
    if (k == 1) {
        LEAVE;
        return -1;
    }
    if (k == 2) {
        ssize_t x = RAW(n / 2);
        (void)x;
        die();
    }
    note_write(fd, p, o, n);
    r = RAW(n);
    int e = errno;
    if (k == 3)
        die();
    LEAVE;
    errno = e;
    return r;
}
ssize_t write(int fd, const void *b, size_t n) {
    return do_write(fd, b, n, 0, 0);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) {
    return do_write(fd, b, n, o, 1);
}
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) {
    return do_write(fd, b, n, o, 1);
}
ssize_t writev(int fd, const struct iovec *v, int c) {
    char p[1024];
    if (inside || !dirlen || !fdpath(fd, p) || !below(p))
        return syscall(SYS_writev, fd, v, c);
    ssize_t t = 0;
    for (int i = 0; i < c; i++) {
        ssize_t r = write(fd, v[i].iov_base, v[i].iov_len);
        if (r < 0)
            return t ? t : r;
        t += r;
    }
    return t;
}

static int do_sync(int fd, int data) {
    char p[1024];
    int nr = data ? SYS_fdatasync : SYS_fsync;
    if (inside || !dirlen || !fdpath(fd, p) || !below(p))
        return syscall(nr, fd);
    ENTER;
    int k = op(data ? "fdatasync" : "fsync", p);
    if (k == 1) {
        LEAVE;
        return -1;
    }
    if (k == 2)
        die();
    int r = syscall(nr, fd), e = errno;
    struct stat st;
    if (r == 0 && power() && fstat(fd, &st) == 0)
        for (struct rec *q = head, *nx; q; q = nx) {
            nx = q->next;
            if ((q->k == WRITE_ || q->k == TRUNC_) && q->ino == st.st_ino && q->dev == st.st_dev)
                drop(q);
            else if (S_ISDIR(st.st_mode) && (q->k == RENAME_ || q->k == UNLINK_ || q->k == CREATE_) &&
                     q->dino == st.st_ino && q->ddev == st.st_dev)
                drop(q);
            else if (q->k == CREATE_ && q->ino == st.st_ino)
                drop(q); /* ext4/xfs/btrfs: fsync of a new file persists its own entry */
        }
    if (k == 3)
        die();
    LEAVE;
    errno = e;
    return r;
}
int fsync(int fd) {
    return do_sync(fd, 0);
}
int fdatasync(int fd) {
    return do_sync(fd, 1);
}

static int do_trunc(int fd, const char *path, off_t len) {
    char p[1024];
    int own = -1;
    if (inside || !dirlen)
        return path ? syscall(SYS_truncate, path, len) : syscall(SYS_ftruncate, fd, len);
    if (path) {
        if (!abspath(AT_FDCWD, path, p))
            return -1;
    } else if (!fdpath(fd, p))
        return syscall(SYS_ftruncate, fd, len);
    if (!below(p))
        return path ? syscall(SYS_truncate, path, len) : syscall(SYS_ftruncate, fd, len);
    ENTER;
    int k = op("truncate", p);
    if (k == 1) {
        LEAVE;
        return -1;
    }
    if (k == 2)
        die();
    if (power()) {
        struct stat st;
        own = open(p, O_RDONLY | O_CLOEXEC);
        if (own >= 0 && fstat(own, &st) == 0) {
            struct rec *r = push(TRUNC_);
            r->dev = st.st_dev;
            r->ino = st.st_ino;
            r->oldsize = st.st_size;
            r->off = len;
            snprintf(r->a, 1024, "%s", p);
            if (st.st_size > len)
                r->data = keep(own, len, st.st_size - len, &r->len);
        }
        if (own >= 0)
            close(own);
    }
    int r = path ? syscall(SYS_truncate, path, len) : syscall(SYS_ftruncate, fd, len), e = errno;
    if (k == 3)
        die();
    LEAVE;
    errno = e;
    return r;
}
int ftruncate(int fd, off_t l) {
    return do_trunc(fd, 0, l);
}
int ftruncate64(int fd, off64_t l) {
    return do_trunc(fd, 0, l);
}
int truncate(const char *p, off_t l) {
    return do_trunc(-1, p, l);
}

static void backup(struct rec *r, const char *p) {
    snprintf(r->bak, 1024, "%s/.cp-bak-%d-%u", dir, getpid(), ++bakno);
    if (link(p, r->bak))
        r->bak[0] = 0;
}
static int do_rename(int da, const char *x, int db, const char *y, unsigned fl) {
    char a[1024], b[1024];
    if (inside || !dirlen || !abspath(da, x, a) || !abspath(db, y, b) || !(below(a) || below(b)))
        return syscall(SYS_renameat2, da, x, db, y, fl);
    ENTER;
    int k = op("rename", b);
    if (k == 1) {
        LEAVE;
        return -1;
    }
    if (k == 2)
        die();
    struct rec *r = 0;
    if (power()) {
        r = push(RENAME_);
        snprintf(r->a, 1024, "%s", a);
        snprintf(r->b, 1024, "%s", b);
        dirid(b, &r->ddev, &r->dino);
        backup(r, b);
    }
    int ret = syscall(SYS_renameat2, da, x, db, y, fl), e = errno;
    if (ret && r)
        drop(r);
    if (!ret && power())
        for (struct rec *q = head; q; q = q->next)
            if (q != r && (q->k == WRITE_ || q->k == TRUNC_ || q->k == CREATE_) && !strcmp(q->a, a))
                snprintf(q->a, 1024, "%s", b);
    if (k == 3)
        die();
    LEAVE;
    errno = e;
    return ret;
}
int rename(const char *a, const char *b) {
    return do_rename(AT_FDCWD, a, AT_FDCWD, b, 0);
}
int renameat(int x, const char *a, int y, const char *b) {
    return do_rename(x, a, y, b, 0);
}
int renameat2(int x, const char *a, int y, const char *b, unsigned f) {
    return do_rename(x, a, y, b, f);
}

static int do_unlink(int at, const char *x, int fl) {
    char p[1024];
    if (inside || !dirlen || !abspath(at, x, p) || !below(p))
        return syscall(SYS_unlinkat, at, x, fl);
    ENTER;
    int k = op(fl & AT_REMOVEDIR ? "rmdir" : "unlink", p);
    if (k == 1) {
        LEAVE;
        return -1;
    }
    if (k == 2)
        die();
    struct rec *r = 0;
    if (power() && !(fl & AT_REMOVEDIR)) {
        r = push(UNLINK_);
        snprintf(r->a, 1024, "%s", p);
        dirid(p, &r->ddev, &r->dino);
        backup(r, p);
    }
    int ret = syscall(SYS_unlinkat, at, x, fl), e = errno;
    if (ret && r)
        drop(r);
    if (k == 3)
        die();
    LEAVE;
    errno = e;
    return ret;
}
int unlink(const char *p) {
    return do_unlink(AT_FDCWD, p, 0);
}
int unlinkat(int at, const char *p, int f) {
    return do_unlink(at, p, f);
}
int remove(const char *p) {
    struct stat st;
    return do_unlink(AT_FDCWD, p, lstat(p, &st) == 0 && S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
}

static int do_open(int at, const char *x, int fl, mode_t m) {
    char p[1024];
    struct stat st;
    if (inside || !dirlen || !(fl & (O_CREAT | O_TRUNC)) || !abspath(at, x, p) || !below(p))
        return syscall(SYS_openat, at, x, fl, m);
    ENTER;
    int existed = stat(p, &st) == 0, k = 0;
    if (!existed || (fl & O_TRUNC && st.st_size))
        k = op(existed ? "open-trunc" : "create", p);
    if (k == 1) {
        LEAVE;
        return -1;
    }
    if (k == 2)
        die();
    if (power() && existed && (fl & O_TRUNC) && st.st_size) {
        struct rec *r = push(TRUNC_);
        r->dev = st.st_dev;
        r->ino = st.st_ino;
        r->oldsize = st.st_size;
        r->off = 0;
        snprintf(r->a, 1024, "%s", p);
        int o = syscall(SYS_openat, AT_FDCWD, p, O_RDONLY | O_CLOEXEC, 0);
        if (o >= 0) {
            r->data = malloc(st.st_size);
            ssize_t n = syscall(SYS_pread64, o, r->data, st.st_size, 0);
            r->len = n > 0 ? n : 0;
            close(o);
        }
    }
    int ret = syscall(SYS_openat, at, x, fl, m), e = errno;
    if (ret >= 0 && !existed && power() && stat(p, &st) == 0) {
        struct rec *r = push(CREATE_);
        r->dev = st.st_dev;
        r->ino = st.st_ino;
        snprintf(r->a, 1024, "%s", p);
        dirid(p, &r->ddev, &r->dino);
    }
    if (k == 3)
        die();
    LEAVE;
    errno = e;
    return ret;
}
#define MODE                                                                                                 \
    mode_t m = 0;                                                                                            \
    if (fl & (O_CREAT | O_TMPFILE)) {                                                                        \
        va_list v;                                                                                           \
        va_start(v, fl);                                                                                     \
        m = va_arg(v, mode_t);                                                                               \
        va_end(v);                                                                                           \
    }
int open(const char *p, int fl, ...) {
    MODE return do_open(AT_FDCWD, p, fl, m);
}
int open64(const char *p, int fl, ...) {
    MODE return do_open(AT_FDCWD, p, fl, m);
}
int openat(int at, const char *p, int fl, ...) {
    MODE return do_open(at, p, fl, m);
}
int openat64(int at, const char *p, int fl, ...) {
    MODE return do_open(at, p, fl, m);
}
int creat(const char *p, mode_t m) {
    return do_open(AT_FDCWD, p, O_CREAT | O_WRONLY | O_TRUNC, m);
}
