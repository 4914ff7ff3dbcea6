#define _GNU_SOURCE /* dl_iterate_phdr */
#include "edge/resident.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/* A page of code or constants was never written to, so the file still has it. An object with text
 * relocations, or one that a debugger wrote breakpoints into, has not: neither is touched. */
static bool has_text_relocations(const struct dl_phdr_info *object)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_TEXTREL)
                return true;
    }
    return false;
}

static int drop_object(struct dl_phdr_info *object, size_t size, void *context)
{
    const ElfW(Addr) page = *(const ElfW(Addr) *)context;
    (void)size;
    if (object->dlpi_name[0] == '\0' || has_text_relocations(object))
        return 0; /* the program itself is small and in use */
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0)
            continue;
        ElfW(Addr) start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        ElfW(Addr) end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        madvise((void *)start, end - start, MADV_DONTNEED); /* advice: a refusal costs nothing */
    }
    return 0;
}

void resident_trim(void)
{
    ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    malloc_trim(0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    dl_iterate_phdr(drop_object, &page);
#else
    (void)page;
    (void)drop_object;
#endif
}
