/* edge/resident: give back memory that only starting up needed.
 * Layer: edge (glibc, Linux).
 */
#ifndef CHANGEGATE_EDGE_RESIDENT_H
#define CHANGEGATE_EDGE_RESIDENT_H

/* Return free heap to the system, and drop the pages of shared libraries that can be read back from their
 * files: the dynamic loader touches some ten megabytes of libraries of which serving uses a tenth. What is
 * needed again comes back from the page cache at a microsecond a page. Call it at start and after a reload,
 * never on a serving loop. */
void resident_trim(void);

#endif
