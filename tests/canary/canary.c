/* Faults made on purpose, one a word: whoever watches for them must find them, or its switch does nothing.
 * tests/canary.sh asks each watcher. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long shared;

static void *race_on(void *nothing)
{
    (void)nothing;
    for (int i = 0; i < 100000; i++) {
        shared++;
    }
    return NULL;
}

static long race(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, race_on, NULL) != 0) {
        return 0;
    }
    (void)race_on(NULL);
    (void)pthread_join(thread, NULL);
    return shared;
}

/* One byte behind the block. `size` comes from the command line, so that no compiler sees it. */
static long overflow(size_t size)
{
    volatile unsigned char *block = malloc(size);
    if (block == NULL) {
        return 0;
    }
    block[size] = 1;
    long sum = block[size];
    free((void *)(size_t)block);
    return sum;
}

static long undefined(size_t size)
{
    int most = 0x7fffffff;
    return most + (int)size;
}

static char *volatile hidden; /* from the compiler, which would see these two */

static long uninitialised(size_t size)
{
    hidden = malloc(size);
    char *block = hidden;
    if (block == NULL) {
        return 0;
    }
    long sum = block[size / 2] == 'x' ? 1 : 2;
    free(block);
    return sum;
}

static long leak(size_t size)
{
    hidden = malloc(size);
    hidden = NULL;
    return (long)size;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    size_t size = strlen(word) + 8;
    long sum = strcmp(word, "race") == 0            ? race()
               : strcmp(word, "overflow") == 0      ? overflow(size)
               : strcmp(word, "undefined") == 0     ? undefined(size)
               : strcmp(word, "uninitialised") == 0 ? uninitialised(size)
               : strcmp(word, "leak") == 0          ? leak(size)
                                                    : 0;
    printf("%s: not found out (%ld)\n", word, sum);
    return sum == 0 ? 2 : 0;
}
