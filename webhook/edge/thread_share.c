#define _GNU_SOURCE /* syscall */
#include "edge/thread_share.h"

#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel has it (sched_setattr(2)); glibc has no name for it before 2.41. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

enum { SLICE_NS = 100 * 1000, NICE = 5 };

static void set(struct attributes attributes)
{
    attributes.size = sizeof(attributes);
    attributes.policy = SCHED_OTHER;
    (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

void thread_share_serve(void)
{
    set((struct attributes){.runtime_ns = SLICE_NS});
}

void thread_share_background(void)
{
    set((struct attributes){.nice = NICE});
}
