/* A disk that takes longer: every sync of a program that this is loaded into waits first, for
 * as many microseconds as SLOW_SYNC_US says. Linux only. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_first(void)
{
    const char *text = getenv("SLOW_SYNC_US");
    long us = text ? atol(text) : 0;
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

int fsync(int file)
{
    wait_first();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
    wait_first();
    return (int)syscall(SYS_fdatasync, file);
}
