#include "edge/file_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINKS_MOST = 40,        /* as the kernel's own limit */
    DIRECTORIES_MOST = 128, /* over all files */
};

#define DIRECTORY_EVENTS                                                                            \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* What a file is; all zero: not there. */
struct signature {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct watched_file {
    char *path; /* owned */
    unsigned bit;
    struct signature signature;
};

struct directories {
    int descriptors[DIRECTORIES_MOST]; /* of inotify */
    size_t count;
};

struct file_watch {
    int fd;
    struct watched_file *files; /* owned */
    size_t file_count;
    struct directories directories;
    int64_t first_event_ms, last_event_ms; /* 0: nothing happened since the last look */
    int64_t recheck_ms;
};

static struct signature signature_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return (struct signature){0};
    return (struct signature){status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same(const struct signature *a, const struct signature *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}

static bool listed(const struct directories *directories, int descriptor)
{
    for (size_t i = 0; i < directories->count; i++)
        if (directories->descriptors[i] == descriptor)
            return true;
    return false;
}

/* A directory that cannot be watched is left to the slow check. */
static void watch_directory(int fd, const char *directory, struct directories *directories)
{
    int descriptor = inotify_add_watch(fd, directory[0] == '\0' ? "/" : directory, DIRECTORY_EVENTS);
    if (descriptor >= 0 && !listed(directories, descriptor) && directories->count < DIRECTORIES_MOST)
        directories->descriptors[directories->count++] = descriptor;
}

/* Puts `before` in front of what is left of the way: "before/rest". False: too long. */
static bool prepend(char rest[PATH_MAX], const char *before, size_t length)
{
    size_t rest_length = strlen(rest);
    if (length + 1 + rest_length + 1 > PATH_MAX)
        return false;
    memmove(rest + length + 1, rest, rest_length + 1);
    memcpy(rest, before, length);
    rest[length] = '/';
    return true;
}

/* One step along the way: takes the first component off `rest` and puts it behind `walked`, which holds no
 * links. At a link, the directory it lies in is watched and the way goes on along its target. False: the end.
 */
static bool walk_step(int fd, char walked[PATH_MAX], char rest[PATH_MAX], unsigned *links,
                      struct directories *directories)
{
    size_t skip = strspn(rest, "/");
    size_t length = strcspn(rest + skip, "/");
    size_t base = strlen(walked);
    if (length == 0 || base + 1 + length + 1 > PATH_MAX)
        return false;
    walked[base] = '/';
    memcpy(walked + base + 1, rest + skip, length);
    walked[base + 1 + length] = '\0';
    memmove(rest, rest + skip + length, strlen(rest + skip + length) + 1);

    char target[PATH_MAX];
    ssize_t target_length = readlink(walked, target, sizeof(target));
    bool is_link = target_length > 0 && target_length < PATH_MAX;
    bool is_last = rest[strspn(rest, "/")] == '\0';
    if (is_link || is_last) {
        walked[base] = '\0';
        watch_directory(fd, walked, directories);
        walked[base] = '/';
    }
    if (!is_link)
        return !is_last;
    walked[target[0] == '/' ? 0 : base] = '\0';
    return ++*links <= LINKS_MOST && prepend(rest, target, (size_t)target_length);
}

static void watch_way(int fd, const char *path, struct directories *directories)
{
    char walked[PATH_MAX] = "", rest[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof(rest))
        return;
    memcpy(rest, path, length + 1);
    if (path[0] != '/') {
        char directory[PATH_MAX];
        if (getcwd(directory, sizeof(directory)) == NULL || !prepend(rest, directory, strlen(directory)))
            return;
    }
    unsigned links = 0;
    while (walk_step(fd, walked, rest, &links, directories))
        continue;
}

/* Follow all ways anew: links may lead elsewhere now. Directories that no way passes any more are let go. */
static void watch_ways(struct file_watch *files)
{
    struct directories before = files->directories;
    files->directories.count = 0;
    for (size_t i = 0; i < files->file_count; i++)
        watch_way(files->fd, files->files[i].path, &files->directories);
    for (size_t i = 0; i < before.count; i++)
        if (!listed(&files->directories, before.descriptors[i]))
            inotify_rm_watch(files->fd,
                             before.descriptors[i]); /* fails when the directory is gone: all the same */
}

bool file_watch_new(struct file_watch **ret_files, struct error *error)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0)
        return error_set(error, ERROR_SYSTEM, "files cannot be watched: inotify_init1: %s", strerror(errno));
    struct file_watch *files = calloc(1, sizeof(*files));
    if (files == NULL)
        abort();
    files->fd = fd;
    *ret_files = files;
    return true;
}

void file_watch_free(struct file_watch *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->file_count; i++)
        free(files->files[i].path);
    close(files->fd);
    free(files->files);
    free(files);
}

void file_watch_add(struct file_watch *files, const char *path, unsigned bit)
{
    char *copy = strdup(path);
    files->files = realloc(files->files, (files->file_count + 1) * sizeof(*files->files));
    if (copy == NULL || files->files == NULL)
        abort();
    /* First the watch, then the look: a change in between is seen by one of them. */
    watch_way(files->fd, path, &files->directories);
    files->files[files->file_count++] = (struct watched_file){copy, bit, signature_of(path)};
}

/* Their directories are let go at the next look. */
void file_watch_forget(struct file_watch *files, unsigned bit)
{
    size_t kept = 0;
    for (size_t i = 0; i < files->file_count; i++)
        if (files->files[i].bit == bit)
            free(files->files[i].path);
        else
            files->files[kept++] = files->files[i];
    files->file_count = kept;
}

int file_watch_fd(const struct file_watch *files)
{
    return files->fd;
}

static bool drain(int fd)
{
    _Alignas(struct inotify_event) char events[4096];
    bool any = false;
    while (read(fd, events, sizeof(events)) > 0)
        any = true;
    return any;
}

static unsigned look(struct file_watch *files)
{
    unsigned changed = 0;
    watch_ways(files);
    for (size_t i = 0; i < files->file_count; i++) {
        struct watched_file *file = &files->files[i];
        struct signature signature = signature_of(file->path);
        if (same(&signature, &file->signature))
            continue;
        file->signature = signature;
        changed |= file->bit;
    }
    return changed;
}

unsigned file_watch_take(struct file_watch *files, int64_t now_ms)
{
    if (drain(files->fd)) {
        files->last_event_ms = now_ms;
        if (files->first_event_ms == 0)
            files->first_event_ms = now_ms;
    }
    if (files->recheck_ms == 0)
        files->recheck_ms = now_ms + FILE_WATCH_RECHECK_MS;
    if (now_ms < file_watch_due_ms(files))
        return 0;
    files->first_event_ms = files->last_event_ms = 0;
    files->recheck_ms = now_ms + FILE_WATCH_RECHECK_MS;
    return look(files);
}

int64_t file_watch_due_ms(const struct file_watch *files)
{
    if (files->first_event_ms == 0)
        return files->recheck_ms;
    int64_t quiet_ms = files->last_event_ms + FILE_WATCH_QUIET_MS;
    int64_t latest_ms = files->first_event_ms + FILE_WATCH_LATEST_MS;
    return quiet_ms < latest_ms ? quiet_ms : latest_ms;
}
