#include "edge/decision_log.h"

#include "edge/clock.h"
#include "edge/message_log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    WRITE_BYTES_MOST = PIPE_BUF, /* a pipe that poll calls writable takes this much without blocking */
    STOP_CHECK_MS = 50,
    GATHER_MS =
        5, /* lines that come within it go out together: a wake-up and a write cost more than a line */
    BUFFER_BYTES_KEPT = 256 << 10,
};

struct lines {
    char *bytes; /* owned */
    size_t length, capacity;
};

struct decision_log {
    int fd;
    struct metrics *metrics; /* borrowed */
    pthread_t thread;
    pthread_mutex_t mutex; /* never held across a system call that can wait; guards what follows */
    pthread_cond_t filled;
    struct lines queue;
    size_t queued_bytes; /* in `queue` and what the writer has in hand */
    atomic_bool stopping;
    atomic_llong stop_by_ms; /* CLOCK_MONOTONIC; holds once stopping */
};

static void reserve(struct lines *lines, size_t more)
{
    size_t capacity = lines->capacity == 0 ? BUFFER_BYTES_KEPT : lines->capacity;
    while (capacity - lines->length < more)
        capacity *= 2;
    if (capacity == lines->capacity)
        return;
    lines->bytes = realloc(lines->bytes, capacity);
    if (lines->bytes == NULL)
        abort();
    lines->capacity = capacity;
}

void decision_log_put(struct decision_log *log, struct text line)
{
    size_t bytes = line.length + 1;
    pthread_mutex_lock(&log->mutex);
    bool fits = log->queued_bytes + bytes <= DECISION_LOG_QUEUE_BYTES;
    bool first = log->queue.length == 0;
    if (fits) {
        reserve(&log->queue, bytes);
        memcpy(log->queue.bytes + log->queue.length, line.at, line.length);
        log->queue.bytes[log->queue.length + line.length] = '\n';
        log->queue.length += bytes;
        log->queued_bytes += bytes;
    }
    pthread_mutex_unlock(&log->mutex);
    if (fits && first)
        pthread_cond_signal(&log->filled);
    if (!fits)
        metrics_count(log->metrics, METRICS_LOG_LINES_DROPPED);
}

static bool out_of_time(struct decision_log *log)
{
    return atomic_load(&log->stopping) && clock_monotonic_ms() >= atomic_load(&log->stop_by_ms);
}

/* Waits until the reader takes more. False: it did not until the end, or it is gone. */
static bool await_reader(struct decision_log *log)
{
    while (!out_of_time(log)) {
        struct pollfd out = {.fd = log->fd, .events = POLLOUT};
        int ready = poll(&out, 1, STOP_CHECK_MS);
        if (ready > 0)
            return (out.revents & POLLOUT) != 0;
        if (ready < 0 && errno != EINTR)
            return false;
    }
    return false;
}

/* Returns how many bytes went out before the reader was gone or time was up. */
static size_t write_lines(struct decision_log *log, const struct lines *lines)
{
    size_t done = 0;
    while (done < lines->length && await_reader(log)) {
        size_t left = lines->length - done;
        ssize_t written =
            write(log->fd, lines->bytes + done, left < WRITE_BYTES_MOST ? left : WRITE_BYTES_MOST);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            break;
        if (written > 0)
            done += (size_t)written;
    }
    return done;
}

static void count_dropped(struct decision_log *log, const char *bytes, size_t length)
{
    for (const char *end = bytes + length; (bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL;
         bytes++)
        metrics_count(log->metrics, METRICS_LOG_LINES_DROPPED);
}

/* Waits for a first line, then a little for others. Holds the mutex before and after. */
static void gather(struct decision_log *log)
{
    while (log->queue.length == 0 && !atomic_load(&log->stopping))
        pthread_cond_wait(&log->filled, &log->mutex);

    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += GATHER_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!atomic_load(&log->stopping) && pthread_cond_timedwait(&log->filled, &log->mutex, &until) == 0) {
    }
}

/* Takes the queue's contents and leaves `lines`, emptied, in its place. False: stopping, and nothing is left.
 */
static bool take_queue(struct decision_log *log, struct lines *lines)
{
    pthread_mutex_lock(&log->mutex);
    log->queued_bytes -= lines->length;
    lines->length = 0;
    gather(log);
    struct lines taken = log->queue;
    log->queue = *lines;
    *lines = taken;
    pthread_mutex_unlock(&log->mutex);
    return lines->length > 0;
}

static void *write_queue(void *argument)
{
    struct decision_log *log = argument;
    struct lines lines = {0};
    bool told = false;
    while (take_queue(log, &lines)) {
        size_t done = write_lines(log, &lines);
        if (done == lines.length)
            continue;
        count_dropped(log, lines.bytes + done, lines.length - done);
        if (!told)
            message_error("standard output takes no decisions any more: %s; they are dropped and counted",
                          out_of_time(log) ? "its reader does not read" : "its reader is gone");
        told = true;
    }
    free(lines.bytes);
    return NULL;
}

struct decision_log *decision_log_start(int fd, struct metrics *metrics)
{
    struct decision_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        abort();
    log->fd = fd;
    log->metrics = metrics;
    pthread_mutex_init(&log->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&log->filled, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&log->thread, NULL, write_queue, log) != 0)
        abort();
    return log;
}

void decision_log_stop(struct decision_log *log, unsigned most_ms)
{
    atomic_store(&log->stop_by_ms, clock_monotonic_ms() + most_ms);
    pthread_mutex_lock(&log->mutex);
    atomic_store(&log->stopping, true);
    pthread_cond_signal(&log->filled);
    pthread_mutex_unlock(&log->mutex);
    pthread_join(log->thread, NULL);
    pthread_cond_destroy(&log->filled);
    pthread_mutex_destroy(&log->mutex);
    free(log->queue.bytes);
    free(log);
}
