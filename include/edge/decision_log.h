/* edge/decision_log: one JSON line per decision on standard output, written by a thread of its own.
 * Layer: edge.
 *
 * A serving loop hands a finished line over and goes on; it never waits for the pipe. When the reader of
 * standard output does not keep up, lines beyond DECISION_LOG_QUEUE_BYTES are dropped and counted
 * (changegate_log_lines_dropped_total).
 */
#ifndef CHANGEGATE_EDGE_DECISION_LOG_H
#define CHANGEGATE_EDGE_DECISION_LOG_H

#include "core/text.h"
#include "edge/metrics.h"

enum { DECISION_LOG_QUEUE_BYTES = 4 << 20 };

struct decision_log;

struct decision_log *decision_log_start(int fd, struct metrics *metrics);

/* Copies `line` and ends it with a newline. Any thread. */
void decision_log_put(struct decision_log *log, struct text line);

/* Writes what is queued, for at most `most_ms`, and ends the thread. */
void decision_log_stop(struct decision_log *log, unsigned most_ms);

#endif
