#include "core/approval.h"

enum { URL_BYTES_MOST = 2048, PORT_HTTPS = 443 };

struct url_parts {
    struct text host;
    unsigned port;
    struct text path; /* up to '?' or '#' */
};

/* Printable ASCII without what browsers and servers read differently: a link is compared by prefix, so it
 * must mean the same to everybody. RFC 3986 has no blank, quote, bracket or backslash outside percent
 * encoding. */
static bool has_odd_bytes(struct text url)
{
    for (size_t i = 0; i < url.length; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' || c == '`' || c == '{' ||
            c == '}' || c == '|' || c == '^')
            return true;
    }
    return false;
}

static bool parse_port(struct text digits, unsigned *ret_port)
{
    unsigned port = 0;
    if (digits.length == 0 || digits.length > 5)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        port = port * 10 + (unsigned)(digits.at[i] - '0');
    }
    *ret_port = port;
    return port >= 1 && port <= 65535;
}

static size_t find_any(struct text t, const char *set)
{
    size_t at = t.length;
    for (; *set != '\0'; set++) {
        size_t found = text_find(t, *set);
        at = found < at ? found : at;
    }
    return at;
}

/* One of ".", ".." in any spelling, between slashes. */
static bool is_dot_segment(struct text segment)
{
    size_t dots = 0;
    while (segment.length > 0) {
        size_t step = segment.at[0] == '.' ? 1 : 0;
        if (step == 0 && segment.length >= 3 && text_equal_nocase(text_slice(segment, 0, 3), text_of("%2e")))
            step = 3;
        if (step == 0)
            return false;
        dots++;
        segment = text_slice(segment, step, segment.length);
    }
    return dots == 1 || dots == 2;
}

/* Dot segments and encoded slashes would let a path leave the prefix that it starts with (RFC 3986
 * section 5.2.4). */
static bool leaves_its_prefix(struct text path)
{
    for (size_t at = 0; at < path.length;) {
        size_t length = text_find(text_slice(path, at, path.length), '/');
        if (is_dot_segment(text_slice(path, at, length)))
            return true;
        at += length + 1;
    }
    for (size_t i = 0; i + 3 <= path.length; i++) {
        struct text three = text_slice(path, i, 3);
        if (text_equal_nocase(three, text_of("%2f")) || text_equal_nocase(three, text_of("%5c")))
            return true;
    }
    return false;
}

static enum document_fault split(struct text url, struct url_parts *ret_parts)
{
    static const struct text scheme = TEXT("https://");
    struct url_parts parts = {.port = PORT_HTTPS};

    if (!text_equal_nocase(text_slice(url, 0, scheme.length), scheme))
        return DOCUMENT_NOT_HTTPS;
    if (url.length > URL_BYTES_MOST || has_odd_bytes(url))
        return DOCUMENT_MALFORMED;
    struct text rest = text_slice(url, scheme.length, url.length);
    struct text authority = text_slice(rest, 0, find_any(rest, "/?#"));
    rest = text_slice(rest, authority.length, rest.length);
    parts.path = text_slice(rest, 0, find_any(rest, "?#"));

    if (text_find(authority, '@') < authority.length)
        return DOCUMENT_CREDENTIALS;
    size_t colon = text_find(authority, ':');
    parts.host = text_slice(authority, 0, colon);
    if (colon < authority.length &&
        !parse_port(text_slice(authority, colon + 1, authority.length), &parts.port))
        return DOCUMENT_MALFORMED;
    if (parts.host.length == 0 || leaves_its_prefix(parts.path))
        return DOCUMENT_MALFORMED;
    if (parts.path.length <= 1)
        return DOCUMENT_NO_PATH;
    *ret_parts = parts;
    return DOCUMENT_GOOD;
}

static bool host_matches(const struct url_pattern *pattern, struct text host)
{
    if (!pattern->any_subdomain)
        return text_equal_nocase(host, pattern->host);
    if (host.length <= pattern->host.length + 1)
        return false;
    size_t dot = host.length - pattern->host.length - 1;
    return host.at[dot] == '.' && text_equal_nocase(text_slice(host, dot + 1, host.length), pattern->host);
}

static bool url_matches(const struct url_pattern *pattern, const struct url_parts *parts)
{
    if (parts->port != pattern->port || !host_matches(pattern, parts->host))
        return false;
    if (pattern->exact)
        return text_equal(parts->path, pattern->path_prefix);
    if (!text_starts_with(parts->path, pattern->path_prefix))
        return false;
    /* A folder alone is the list of documents, not a document. */
    return parts->path.length > pattern->path_prefix.length || !text_ends_with(parts->path, text_of("/"));
}

enum document_fault document_check(const struct document_rule *rule, struct text url)
{
    struct url_parts parts = {0};
    enum document_fault fault = split(url, &parts);
    if (fault != DOCUMENT_GOOD)
        return fault;
    if (rule->url_count == 0)
        return DOCUMENT_GOOD;
    for (size_t i = 0; i < rule->url_count; i++)
        if (url_matches(&rule->urls[i], &parts))
            return DOCUMENT_GOOD;
    return DOCUMENT_ELSEWHERE;
}

struct text document_shown(struct text url)
{
    static const struct text withheld = TEXT("(withheld: it carries credentials)");
    size_t start = 0;
    for (size_t i = 0; i + 2 < url.length && start == 0; i++)
        if (text_starts_with(text_slice(url, i, 3), text_of("://")))
            start = i + 3;
    struct text rest = text_slice(url, start, url.length);
    struct text authority = text_slice(rest, 0, find_any(rest, "/?#"));
    return text_find(authority, '@') < authority.length ? withheld : url;
}
