/* Streams of other dialects and surfaces than OpenAI's chat. */
#ifndef BENCH_DIALECT_SIDE_H
#define BENCH_DIALECT_SIDE_H

#include "answers.h"
#include "our_side.h"

/* A client whose only provider has this stream below its base URL, and speaks the dialect that it is of. */
gatelet_client *dialect_client(const char *base, const char *stream);
/* One stream, asked for by the surface: chat, messages or responses. The text, or of `t` the thoughts, are counted; `kept`, if not NULL, gets them. */
void dialect_stream(gatelet_client *client, const char *surface, const char *stream, const stream_facts *want, bytes *kept);

#endif
