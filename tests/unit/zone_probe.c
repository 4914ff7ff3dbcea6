/* Standard input "ZONE WALL start|end" to UTC seconds, a line each; "-" for what is refused. For
 * test_zones_oracle.py. */
#include "codec/zones.h"
#include "core/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    char zone[128], wall[64], edge[8];
    while (scanf("%127s %63s %7s", zone, wall, edge) == 3) {
        struct wall_time time;
        const struct zone *found = zones_find(text_of(zone));
        enum occurrence occurrence = strcmp(edge, "start") == 0 ? OCCURRENCE_FIRST : OCCURRENCE_SECOND;
        if (wall_time_parse(text_of(wall), &time) && found != NULL)
            printf("%" PRId64 "\n", zone_instant(found, wall_time_seconds(time), occurrence));
        else
            puts("-");
    }
    return 0;
}
