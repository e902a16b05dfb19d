/*
 * Times one operation many times and prints the median in nanoseconds.
 *
 *   client read|stat|write|list PATH COUNT
 *   client spawn COUNT COMMAND ARGUMENT...        a whole process, its output thrown away
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void do_read(const char *path)
{
    char buffer[4096];
    int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, buffer, sizeof buffer) <= 0 || close(fd) < 0)
        fail(path);
}

static void do_stat(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        fail(path);
}

/* Another value each time, as an equal one is no change. */
static void do_write(const char *path)
{
    static unsigned turn;
    const char *value = turn++ % 2 ? "1073741824\n" : "2147483648\n";
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, value, strlen(value)) < 0 || close(fd) < 0)
        fail(path);
}

static void do_list(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        fail(path);
    int entries = 0;
    while (readdir(directory))
        entries++;
    closedir(directory);
    if (entries < 3)
        fail(path);
}

static void do_spawn(char **command)
{
    pid_t pid;
    int status;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) || waitpid(pid, &status, 0) < 0 || WEXITSTATUS(status) > 3)
        fail(command[0]);
    posix_spawn_file_actions_destroy(&actions);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    int spawn = !strcmp(argv[1], "spawn");
    void (*operation)(const char *) = !strcmp(argv[1], "read") ? do_read : !strcmp(argv[1], "stat") ? do_stat
        : !strcmp(argv[1], "write") ? do_write : do_list;
    int count = atoi(argv[spawn ? 2 : 3]);
    uint64_t *times = calloc(count, sizeof *times);
    for (int i = 0; i < count; i++) {
        uint64_t start = now();
        if (spawn)
            do_spawn(argv + 3);
        else
            operation(argv[2]);
        times[i] = now() - start;
    }
    qsort(times, count, sizeof *times, by_value);
    printf("%llu\n", (unsigned long long)times[count / 2]);
    return 0;
}
