/* Standard input "ZONE WALL start|end" to UTC seconds, a line each; "-" for what is refused. For
 * test_timeline_oracle.py. */
#include "codec/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    char zone[128], wall[64], edge[8];
    while (scanf("%127s %63s %7s", zone, wall, edge) == 3) {
        struct wall_time time;
        struct error error = {0};
        int64_t instant_s;
        enum edge which = strcmp(edge, "start") == 0 ? EDGE_START : EDGE_END;
        if (wall_time_parse(text_of(wall), &time) &&
            timeline_instant(text_of(zone), time, which, &instant_s, &error))
            printf("%" PRId64 "\n", instant_s);
        else
            puts("-");
    }
    return 0;
}
