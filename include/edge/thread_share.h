/* edge/thread_share: whose turn it is where threads wait for one CPU.
 * Layer: edge (Linux). Both are about the calling thread. What the system refuses leaves things as they were.
 *
 * Expanding a thousand windows takes a tenth of a second of a CPU that admissions may be waiting for.
 */
#ifndef CHANGEGATE_EDGE_THREAD_SHARE_H
#define CHANGEGATE_EDGE_THREAD_SHARE_H

/* Short turns, soon: a thread that wakes to answer comes before one that works through a list (Linux 6.12 and
 * later, by a shorter slice than the others have). */
void thread_share_serve(void);

/* A third of a serving thread's weight. */
void thread_share_background(void);

#endif
