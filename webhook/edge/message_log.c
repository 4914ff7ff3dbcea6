#include "edge/message_log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line longer than this is cut: short enough for the stack of any thread. */
enum { LINE_BYTES_MOST = 2048 };

/* Texts may quote what a client or a file said; whatever it was, one message stays one line. */
static void make_one_line(char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
}

static void write_line(const char *level, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void write_line(const char *level, const char *format, va_list args)
{
    char line[LINE_BYTES_MOST];
    int level_length = snprintf(line, sizeof(line), "%s ", level);
    size_t start = (size_t)level_length;
    int text_length = vsnprintf(line + start, sizeof(line) - start - 1, format, args);
    if (text_length < 0)
        return;
    size_t length = start + (size_t)text_length;
    if (length > sizeof(line) - 2)
        length = sizeof(line) - 2;
    make_one_line(line, length);
    line[length++] = '\n';
    /* One write, so that lines of two threads never mix; what standard error does not take is lost, since
     * there is nobody left to tell. */
    ssize_t written;
    do
        written = write(STDERR_FILENO, line, length);
    while (written < 0 && errno == EINTR);
}

void message_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("info", format, args);
    va_end(args);
}

void message_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("warning", format, args);
    va_end(args);
}

void message_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("error", format, args);
    va_end(args);
}
