package gatelet;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** The functions of gatelet.h that this package calls. */
final class Library {
    static final int CHUNK = 1, END = 2, ANSWER = 3;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS =
        SymbolLookup.libraryLookup(System.getProperty("gatelet.library", "libgatelet.so.0"), Arena.global());
    private static final AddressLayout TEXT = ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(Long.MAX_VALUE, JAVA_BYTE));

    static final MethodHandle statusName = function("gatelet_status_name", FunctionDescriptor.of(TEXT, JAVA_INT));
    static final MethodHandle init = function("gatelet_init", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    static final MethodHandle free = function("gatelet_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle setLog =
        function("gatelet_set_log", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    static final MethodHandle queueNew = function("gatelet_queue_new", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    static final MethodHandle queueSubmit = function("gatelet_queue_submit",
        FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
    static final MethodHandle queueNext =
        function("gatelet_queue_next", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    static final MethodHandle queueCancel = ofTag("gatelet_queue_cancel");
    static final MethodHandle queuePause = ofTag("gatelet_queue_pause");
    static final MethodHandle queueResume = ofTag("gatelet_queue_resume");
    static final MethodHandle queueFree = function("gatelet_queue_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle batchFree = function("gatelet_batch_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle errorMessage = function("gatelet_error_message", FunctionDescriptor.of(TEXT, ADDRESS));
    static final MethodHandle errorJson = function("gatelet_error_json", FunctionDescriptor.of(TEXT, ADDRESS));
    static final MethodHandle errorFree = function("gatelet_error_free", FunctionDescriptor.ofVoid(ADDRESS));

    /** gatelet_event. */
    private static final MemoryLayout EVENT = MemoryLayout.structLayout(
        JAVA_INT.withName("struct_size"), JAVA_INT.withName("kind"), JAVA_INT.withName("status"), JAVA_INT.withName("reserved"),
        JAVA_LONG.withName("tag"), TEXT.withName("json"), JAVA_LONG.withName("json_len"), TEXT.withName("text"), JAVA_LONG.withName("text_len"),
        TEXT.withName("reasoning"), JAVA_LONG.withName("reasoning_len"), TEXT.withName("name"), JAVA_LONG.withName("name_len"));
    static final MethodHandle batchEvent =
        function("gatelet_batch_event", FunctionDescriptor.of(ADDRESS.withTargetLayout(EVENT), ADDRESS, JAVA_LONG));
    static final VarHandle KIND = member("kind"), STATUS = member("status"), TAG = member("tag");

    /** A string of an event: its pointer and its length. */
    enum Text {
        JSON, TEXT, REASONING, NAME;

        private final VarHandle start = member(name().toLowerCase(Locale.ROOT)), length = member(name().toLowerCase(Locale.ROOT) + "_len");

        String of(MemorySegment event) {
            MemorySegment bytes = ((MemorySegment) start.get(event, 0L)).asSlice(0, (long) length.get(event, 0L));
            return new String(bytes.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    private Library() {}

    /** NULL for null. */
    static MemorySegment string(Arena arena, String text) {
        return text == null ? MemorySegment.NULL : arena.allocateFrom(text);
    }

    static MemorySegment upcall(MethodHandle target, FunctionDescriptor type, Arena arena) {
        return LINKER.upcallStub(target, type, arena);
    }

    static String name(int status) {
        try {
            return ((MemorySegment) statusName.invokeExact(status)).getString(0);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Throws what a status other than 0 means; `details` is where the error was put. */
    static void check(int status, MemorySegment details) throws GateletException {
        if (status == 0) return;
        try {
            MemorySegment error = details.get(ADDRESS, 0);
            String message = ((MemorySegment) errorMessage.invokeExact(error)).getString(0);
            String json = ((MemorySegment) errorJson.invokeExact(error)).getString(0);
            errorFree.invokeExact(error);
            throw new GateletException(status, name(status), message, json);
        } catch (GateletException failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static VarHandle member(String name) {
        return EVENT.varHandle(MemoryLayout.PathElement.groupElement(name));
    }

    private static MethodHandle ofTag(String name) {
        return function(name, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(SYMBOLS.find(name).orElseThrow(() -> new UnsatisfiedLinkError(name)), type);
    }
}
