/* What a program that is linked with this has allocated: calls, blocks and bytes that are alive, and the most bytes that ever were. */
#ifndef BENCH_COUNTED_H
#define BENCH_COUNTED_H

typedef struct { long made, blocks, bytes, peak; } counted_memory;
extern counted_memory counted;

#endif
