/* edge/message_log: what the process tells its operator, one line each on standard error: "level message".
 * Layer: edge. Any thread; a line is one write(2), so lines never mix.
 */
#ifndef CHANGEGATE_EDGE_MESSAGE_LOG_H
#define CHANGEGATE_EDGE_MESSAGE_LOG_H

void message_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
