package gatelet;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

/** A configured gateway, for any number of threads. One thread of its own waits in the library's queue and hands events to the streams. */
public final class Client implements AutoCloseable {
    private final MemorySegment client, queue;
    private final Map<Long, EventStream> streams = new ConcurrentHashMap<>();
    private final AtomicLong lastTag = new AtomicLong();
    private final Thread reader;

    /** config as in docs/configuration.md; null: defaults and environment only. */
    public Client(String config) throws GateletException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ADDRESS), error = arena.allocate(ADDRESS);
            Library.check((int) Library.init.invokeExact(Library.string(arena, config), handle, error), error);
            client = handle.get(ADDRESS, 0);
            int status = (int) Library.queueNew.invokeExact(MemorySegment.NULL, handle, error);
            if (status != 0) Library.free.invokeExact(client);
            Library.check(status, error);
            queue = handle.get(ADDRESS, 0);
        } catch (GateletException failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
        reader = Thread.ofPlatform().name("gatelet").daemon().start(this::read);
    }

    /** Begins a request; options may be null. */
    public EventStream stream(Operation operation, String request, String options) throws GateletException {
        long tag = lastTag.incrementAndGet();
        EventStream stream = new EventStream(this, tag);
        streams.put(tag, stream); // before its first event can come
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = arena.allocate(ADDRESS);
            int status = (int) Library.queueSubmit.invokeExact(queue, client, operation.number(), Library.string(arena, request),
                Library.string(arena, options), tag, error);
            if (status != 0) streams.remove(tag);
            Library.check(status, error);
        } catch (GateletException failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
        return stream;
    }

    /** A request that does not stream: its answer. */
    public String call(Operation operation, String request, String options) throws GateletException, InterruptedException {
        String answer = null;
        try (EventStream stream = stream(operation, request, options)) {
            for (Event event; (event = stream.next()) != null;) if (event.isAnswer()) answer = event.json();
        }
        return answer;
    }

    /** Ends what is under way, with an error of the kind `closed`. */
    @Override
    public void close() {
        try {
            Library.queueFree.invokeExact(queue);
            Library.free.invokeExact(client);
            reader.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void read() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment place = arena.allocate(ADDRESS);
            while ((int) Library.queueNext.invokeExact(queue, 0L, -1, place, MemorySegment.NULL) == 0) {
                MemorySegment batch = place.get(ADDRESS, 0);
                MemorySegment event;
                for (long i = 0; !(event = (MemorySegment) Library.batchEvent.invokeExact(batch, i)).equals(MemorySegment.NULL); i++) hand(event);
                Library.batchFree.invokeExact(batch);
            }
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        } finally {
            GateletException closed = new GateletException(108, Library.name(108), "the client was closed", "{}");
            streams.values().forEach(stream -> stream.finish(closed));
        }
    }

    private void hand(MemorySegment event) {
        int kind = (int) Library.KIND.get(event, 0L), status = (int) Library.STATUS.get(event, 0L);
        long tag = (long) Library.TAG.get(event, 0L);
        EventStream stream = kind == Library.END ? streams.remove(tag) : streams.get(tag);
        if (stream == null) return;
        String json = Library.Text.JSON.of(event);
        if (kind != Library.END) {
            stream.add(new Event(kind, json, Library.Text.TEXT.of(event), Library.Text.REASONING.of(event), Library.Text.NAME.of(event)));
        } else {
            stream.finish(status == 0 ? null : new GateletException(status, Library.name(status), "", json));
        }
    }

    void cancel(long tag) { tell(Library.queueCancel, tag); }

    void hold(long tag, boolean wait) { tell(wait ? Library.queuePause : Library.queueResume, tag); }

    private void tell(MethodHandle function, long tag) {
        try {
            int ignored = (int) function.invokeExact(queue, tag, MemorySegment.NULL); // a freed queue says so, and that is all
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    // What may be called by a thread of the library is kept until the library lets go of its number: then its stub is freed.
    private record Log(BiConsumer<Integer, String> function, Arena arena) {}

    private static final Map<Long, Log> LOGS = new ConcurrentHashMap<>();
    private static final AtomicLong LAST_LOG = new AtomicLong();
    private static final FunctionDescriptor LOG_TYPE = FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle LOG, FORGET;
    private static final MemorySegment FORGET_STUB;

    static {
        try {
            var lookup = MethodHandles.lookup();
            LOG = lookup.findStatic(Client.class, "log", MethodType.methodType(void.class, int.class, MemorySegment.class, MemorySegment.class));
            FORGET = lookup.findStatic(Client.class, "forget", MethodType.methodType(void.class, MemorySegment.class));
            FORGET_STUB = Library.upcall(FORGET, FunctionDescriptor.ofVoid(ADDRESS), Arena.global());
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Who receives log lines, on any thread, several at once. */
    public void setLog(BiConsumer<Integer, String> function) throws GateletException {
        Arena stub = Arena.ofShared();
        long number = LAST_LOG.incrementAndGet();
        LOGS.put(number, new Log(function, stub));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = arena.allocate(ADDRESS);
            Library.check((int) Library.setLog.invokeExact(client, Library.upcall(LOG, LOG_TYPE, stub), MemorySegment.ofAddress(number),
                FORGET_STUB, error), error);
        } catch (GateletException failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** How many log functions the library still holds. */
    static int logs() { return LOGS.size(); }

    private static void log(int level, MemorySegment message, MemorySegment user) {
        try {
            LOGS.get(user.address()).function.accept(level, message.reinterpret(Long.MAX_VALUE).getString(0));
        } catch (RuntimeException ignored) { // one that leaves an upcall ends the process
        }
    }

    private static void forget(MemorySegment user) { LOGS.remove(user.address()).arena.close(); }
}
