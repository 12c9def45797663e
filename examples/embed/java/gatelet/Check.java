package gatelet;

import java.util.concurrent.atomic.AtomicInteger;

/** What the example does not show: java gatelet.Check ends with 0 when all of it holds. */
final class Check {
    private static final String HELLO = """
        {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}""";

    private static final String MANY = """
        {"model": "openai/gpt-4o-mini", "n": 4, "prompt": ["a", "b", "c", "d", "e", "f", "g", "h"]}""";

    private static Client dev(String settings) throws GateletException {
        return new Client("{\"dev_mode\": true, \"log\": \"debug\", \"providers\": {\"dev\": " + settings + "}}");
    }

    private static void check(boolean holds, String what) {
        System.out.println((holds ? "holds: " : "does not hold: ") + what);
        if (!holds) System.exit(1);
    }

    interface Attempt { void run() throws Exception; }

    private static String kind(Attempt attempt) throws Exception {
        try {
            attempt.run();
            return "ok";
        } catch (GateletException failure) {
            return failure.kind;
        }
    }

    public static void main(String[] arguments) throws Exception {
        try (Client client = dev("{}")) {
            check(client.call(Operation.CHAT, HELLO, null).contains("You said: hello."), "a chat is answered");
            check(kind(() -> client.call(Operation.CHAT, "{", null)).equals("json"), "a broken request is an error");
            check(kind(() -> new Client("{\"unknown\": 1}")).equals("config"), "so is a bad configuration");
        }

        try (Client client = dev("{\"token_delay\": 0}");
             EventStream stream = client.stream(Operation.COMPLETION_STREAM, MANY, null)) {
            Thread.sleep(200);
            int chunks = 0;
            while (stream.next() != null) chunks++;
            check(chunks > 512, "a slow reader loses nothing: " + chunks + " chunks");
        }

        String silent = "{\"faults\": {\"stall_at_chunk\": 3}}";
        try (Client client = dev(silent)) {
            EventStream stream = client.stream(Operation.CHAT_STREAM, HELLO, null);
            AtomicInteger interrupted = new AtomicInteger();
            Thread reader = Thread.ofVirtual().start(() -> {
                try {
                    while (stream.next() != null) { }
                } catch (InterruptedException expected) {
                    interrupted.set(1);
                } catch (GateletException failure) {
                    interrupted.set(2);
                }
            });
            Thread.sleep(50);
            reader.interrupt();
            reader.join();
            check(interrupted.get() == 1 && stream.next() == null, "a thread that is interrupted in a silence has ended its stream");
            EventStream other = client.stream(Operation.CHAT_STREAM, HELLO, null);
            client.close();
            check(kind(() -> { while (other.next() != null) { } }).equals("closed"), "so has a client that is closed");
        }

        AtomicInteger lines = new AtomicInteger();
        try (Client client = dev("{}")) {
            for (int i = 0; i < 3; i++) client.setLog((level, message) -> lines.incrementAndGet());
            client.call(Operation.CHAT, HELLO, null);
            check(Client.logs() == 1, "a log function that was replaced is let go");
        }
        check(lines.get() > 0 && Client.logs() == 0, "and the last one with its client");
    }
}
