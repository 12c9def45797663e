package gatelet;

/** What a request asks for: GATELET_OP_ in gatelet.h, from 1. */
public enum Operation {
    CHAT, CHAT_STREAM, COMPLETION, COMPLETION_STREAM, EMBEDDINGS, LIST_MODELS, MESSAGES, MESSAGES_STREAM, RESPONSES, RESPONSES_STREAM;

    int number() { return ordinal() + 1; }
}
