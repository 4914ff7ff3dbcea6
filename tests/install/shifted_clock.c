/* A clock of the machine that is set wrong, for one process: LD_PRELOAD, and SHIFTED_CLOCK names a file with
 * the nanoseconds that are added, an int64_t. It is mapped, so a write to the file is a jump of the clock.
 *
 * The time of day alone: CLOCK_MONOTONIC and CLOCK_BOOTTIME are what nobody can set, and stay. Of our own,
 * and not libfaketime, since that one reads its file at every call or not at once, and leaves semaphores
 * behind after kill -9.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000 };

static const volatile int64_t *shift_ns;

__attribute__((constructor)) static void map(void)
{
    const char *path = getenv("SHIFTED_CLOCK");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*shift_ns), PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        abort();
    close(fd);
    shift_ns = at;
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
    int status = (int)syscall(SYS_clock_gettime, id, ret_time);
    if (status != 0 || shift_ns == NULL || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
        return status;
    int64_t ns = (int64_t)ret_time->tv_sec * NS_PER_S + ret_time->tv_nsec + *shift_ns;
    *ret_time = (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
    return 0;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *ret_time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret_time)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time != NULL)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}
