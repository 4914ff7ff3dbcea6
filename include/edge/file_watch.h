/* edge/file_watch: which of a few files changed (inotify).
 * Layer: edge.
 *
 * What counts is the file that a path leads to: an atomic rename, a write in place, and the swapped `..data`
 * link of a mounted ConfigMap or Secret are all seen, because the directory of every link on the way is
 * watched. An event only says when to look; whether a file changed is told by comparing what it is (device,
 * inode, size, times). So a busy directory costs nothing but a look, and the slow check of everything, for
 * file systems without events, is the same look.
 */
#ifndef CHANGEGATE_EDGE_FILE_WATCH_H
#define CHANGEGATE_EDGE_FILE_WATCH_H

#include "core/error.h"

#include <stdint.h>

enum {
    FILE_WATCH_QUIET_MS = 50,   /* after the last event: whoever writes several files gets to finish */
    FILE_WATCH_LATEST_MS = 500, /* after the first event, where it never gets quiet */
    FILE_WATCH_RECHECK_MS = 60000,
};

struct file_watch;

bool file_watch_new(struct file_watch **ret_files, struct error *error) MUST_USE;
void file_watch_free(struct file_watch *files); /* accepts NULL */

/* Watch `path` and report it as `bit`; several paths may share one. It need not exist yet. Add before the
 * file is read for the first time: what changes in between is then reported. */
void file_watch_add(struct file_watch *files, const char *path, unsigned bit);

/* No longer watch the files that were added as `bit`. */
void file_watch_forget(struct file_watch *files, unsigned bit);

/* Readable when something happened; poll it together with others. */
int file_watch_fd(const struct file_watch *files);

/* The bits of the files that changed, once it is quiet. `now_ms` is monotonic. */
unsigned file_watch_take(struct file_watch *files, int64_t now_ms);

/* When to take at the latest, on the clock of now_ms. */
int64_t file_watch_due_ms(const struct file_watch *files);

#endif
