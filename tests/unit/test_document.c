/* Links to change documents, and the ways in which one can look like another. */
#include "assert_text.h"

#include "core/approval.h"

#include <string.h>

static const struct url_pattern wiki = {.source = TEXT("https://wiki.example.com/changes/*"),
                                        .host = TEXT("wiki.example.com"),
                                        .port = 443,
                                        .path_prefix = TEXT("/changes/")};

static enum document_fault check(const struct url_pattern *pattern, const char *url)
{
    struct document_rule rule = {.required = true, .urls = pattern, .url_count = pattern == NULL ? 0 : 1};
    return document_check(&rule, text_of(url));
}

struct row {
    const char *url;
    enum document_fault fault;
};

static void check_rows(const struct url_pattern *pattern, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum document_fault fault = check(pattern, rows[i].url);
        if (fault != rows[i].fault)
            fail_msg("%s: %d, wanted %d", rows[i].url, fault, rows[i].fault);
    }
}

#define CHECK(pattern, ...)                                          \
    do {                                                             \
        static const struct row rows[] = {__VA_ARGS__};              \
        check_rows((pattern), rows, sizeof(rows) / sizeof(rows[0])); \
    } while (0)

static void test_good_links(void **state)
{
    (void)state;
    CHECK(&wiki, {"https://wiki.example.com/changes/CHG0001234", DOCUMENT_GOOD},
          {"https://wiki.example.com:443/changes/1", DOCUMENT_GOOD},
          {"HTTPS://Wiki.Example.COM/changes/1", DOCUMENT_GOOD},
          {"https://wiki.example.com/changes/1?version=2#steps", DOCUMENT_GOOD},
          {"https://wiki.example.com/changes/2026/11/CHG1.html", DOCUMENT_GOOD},
          {"https://wiki.example.com/changes/a%20b", DOCUMENT_GOOD},
          {"https://wiki.example.com/changes/..a/b..", DOCUMENT_GOOD},
          {"https://wiki.example.com/changes/1?next=/../../x", DOCUMENT_GOOD} /* a query is no path */);
}

static void test_not_https(void **state)
{
    (void)state;
    CHECK(&wiki, {"http://wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS},
          {"wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS},
          {"//wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS}, {"/changes/1", DOCUMENT_NOT_HTTPS},
          {"https:wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS},
          {"https:/wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS},
          {"javascript:https://wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS},
          {"https", DOCUMENT_NOT_HTTPS}, {"see the wiki", DOCUMENT_NOT_HTTPS}, {"", DOCUMENT_NOT_HTTPS},
          {" https://wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS});
}

static void test_credentials(void **state)
{
    (void)state;
    CHECK(&wiki, {"https://user:secret@wiki.example.com/changes/1", DOCUMENT_CREDENTIALS},
          {"https://user@wiki.example.com/changes/1", DOCUMENT_CREDENTIALS},
          {"https://@wiki.example.com/changes/1", DOCUMENT_CREDENTIALS},
          {"https://wiki.example.com@evil.example.net/changes/1", DOCUMENT_CREDENTIALS},
          {"https://wiki.example.com:443@evil.example.net/changes/1", DOCUMENT_CREDENTIALS});
    /* behind the authority an @ is a plain character */
    CHECK(&wiki, {"https://wiki.example.com/changes/@me", DOCUMENT_GOOD});
}

static void test_a_path_cannot_leave_its_prefix(void **state)
{
    (void)state;
    CHECK(&wiki, {"https://wiki.example.com/changes/../private/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/..", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/./1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/.", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/./changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/%2e%2e/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/%2E%2e/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/.%2e/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/%2e/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/..%2fprivate", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/..%2Fprivate", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes%2f1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/..%5cprivate", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/1%5C2", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/..\\private", DOCUMENT_MALFORMED});
}

static void test_malformed(void **state)
{
    (void)state;
    CHECK(&wiki, {"https:///changes/1", DOCUMENT_MALFORMED}, {"https://:443/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com:/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com:0/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com:65536/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com:443x/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com:-1/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com:443:443/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com:18446744073709551617/changes/1", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/a b", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/1\n", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/\x7f", DOCUMENT_MALFORMED},
          {"https://wiki.example.com/changes/<script>", DOCUMENT_MALFORMED},
          {"https://wiki.example.com\\@evil.example.net/changes/1", DOCUMENT_MALFORMED},
          {"https:\\\\wiki.example.com/changes/1", DOCUMENT_NOT_HTTPS},
          {"https://wiki.example.com/changes/caf\xc3\xa9", DOCUMENT_MALFORMED},
          /* Cyrillic i: looks the same */
          {"https://w\xd1\x96ki.example.com/changes/1", DOCUMENT_MALFORMED},
          /* full stop in full width, which browsers map to a dot */
          {"https://wiki\xef\xbc\x8e"
           "example.com/changes/1",
           DOCUMENT_MALFORMED});
    struct text with_nul = TEXT("https://wiki.example.com/changes/1\0");
    assert_int_equal(document_check(&(struct document_rule){true, &wiki, 1}, with_nul), DOCUMENT_MALFORMED);
}

static void test_a_length_that_no_browser_takes(void **state)
{
    (void)state;
    char url[2100] = "https://wiki.example.com/changes/";
    memset(url + strlen(url), 'x', sizeof(url) - 1 - strlen(url));
    url[2048] = '\0';
    assert_int_equal(check(&wiki, url), DOCUMENT_GOOD);
    url[2048] = 'x';
    url[2049] = '\0';
    assert_int_equal(check(&wiki, url), DOCUMENT_MALFORMED);
}

static void test_a_site_is_no_document(void **state)
{
    (void)state;
    CHECK(&wiki, {"https://wiki.example.com", DOCUMENT_NO_PATH},
          {"https://wiki.example.com/", DOCUMENT_NO_PATH},
          {"https://wiki.example.com/#/changes/1", DOCUMENT_NO_PATH},
          {"https://wiki.example.com#/changes/1", DOCUMENT_NO_PATH},
          {"https://wiki.example.com?page=/changes/1", DOCUMENT_NO_PATH},
          {"https://wiki.example.com/?page=/changes/1", DOCUMENT_NO_PATH});
}

static void test_elsewhere(void **state)
{
    (void)state;
    CHECK(&wiki, {"https://evil.example.net/changes/1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com.evil.example.net/changes/1", DOCUMENT_ELSEWHERE},
          {"https://evilwiki.example.com/changes/1", DOCUMENT_ELSEWHERE},
          {"https://sub.wiki.example.com/changes/1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com./changes/1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com:8443/changes/1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com/Changes/1", DOCUMENT_ELSEWHERE}, /* a path has case */
          {"https://wiki.example.com/changes", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com/changes/", DOCUMENT_ELSEWHERE}, /* the list of documents */
          {"https://wiki.example.com/changes/#1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com/changesets/1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com//changes/1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com/%63hanges/1", DOCUMENT_ELSEWHERE},
          {"https://evil.example.net/https://wiki.example.com/changes/1", DOCUMENT_ELSEWHERE},
          {"https://evil.example.net?https://wiki.example.com/changes/1", DOCUMENT_NO_PATH});
}

static void test_subdomains(void **state)
{
    (void)state;
    static const struct url_pattern any = {
        .host = TEXT("example.com"), .any_subdomain = true, .port = 443, .path_prefix = TEXT("/")};
    CHECK(&any, {"https://wiki.example.com/1", DOCUMENT_GOOD}, {"https://a.b.EXAMPLE.com/1", DOCUMENT_GOOD},
          {"https://example.com/1", DOCUMENT_ELSEWHERE}, {"https://.example.com/1", DOCUMENT_ELSEWHERE},
          {"https://evilexample.com/1", DOCUMENT_ELSEWHERE},
          {"https://example.com.net/1", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com.evil.net/1", DOCUMENT_ELSEWHERE});
}

static void test_port_and_exact_path(void **state)
{
    (void)state;
    static const struct url_pattern page = {.host = TEXT("wiki.example.com"),
                                            .port = 8443,
                                            .path_prefix = TEXT("/changes/current"),
                                            .exact = true};
    CHECK(&page, {"https://wiki.example.com:8443/changes/current", DOCUMENT_GOOD},
          {"https://wiki.example.com:8443/changes/current?id=7", DOCUMENT_GOOD},
          {"https://wiki.example.com:8443/changes/current/7", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com:8443/changes/currents", DOCUMENT_ELSEWHERE},
          {"https://wiki.example.com/changes/current", DOCUMENT_ELSEWHERE});
}

static void test_no_urls_takes_any_https_link(void **state)
{
    (void)state;
    CHECK(NULL, {"https://docs.example.net/d/1", DOCUMENT_GOOD},
          {"https://docs.example.net/", DOCUMENT_NO_PATH},
          {"http://docs.example.net/d/1", DOCUMENT_NOT_HTTPS},
          {"https://u:p@docs.example.net/d/1", DOCUMENT_CREDENTIALS});
}

static void test_any_of_several_urls(void **state)
{
    (void)state;
    static const struct url_pattern two[] = {
        {.host = TEXT("wiki.example.com"), .port = 443, .path_prefix = TEXT("/changes/")},
        {.host = TEXT("docs.example.com"), .port = 443, .path_prefix = TEXT("/d/")},
    };
    struct document_rule rule = {true, two, 2};
    assert_int_equal(document_check(&rule, text_of("https://docs.example.com/d/1")), DOCUMENT_GOOD);
    assert_int_equal(document_check(&rule, text_of("https://wiki.example.com/changes/1")), DOCUMENT_GOOD);
    assert_int_equal(document_check(&rule, text_of("https://docs.example.com/changes/1")),
                     DOCUMENT_ELSEWHERE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_links),
        cmocka_unit_test(test_not_https),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_a_path_cannot_leave_its_prefix),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_a_length_that_no_browser_takes),
        cmocka_unit_test(test_a_site_is_no_document),
        cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_subdomains),
        cmocka_unit_test(test_port_and_exact_path),
        cmocka_unit_test(test_no_urls_takes_any_https_link),
        cmocka_unit_test(test_any_of_several_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
