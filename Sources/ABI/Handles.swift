internal import CShims
package import Gateway
internal import Model

/// Kinds of handles: the last four bits of a handle's value.
enum HandleKind: UInt32 { case client = 1, error, queue, batch }

/// What a handle can stand for.
protocol HandleObject: AnyObject {
    /// The handle is closed, and nobody is inside a call on it any more.
    func handleEnded()
    /// What nobody may read in its failures; nil: it knows of nothing, and whoever is asked next may.
    var secrets: Redaction? { get }
}

extension HandleObject {
    func handleEnded() {}
    var secrets: Redaction? { nil }
}

extension Client: HandleObject {
    var secrets: Redaction? { redaction }
}
extension EventQueue: HandleObject {}
extension BatchBox: HandleObject {}
extension ErrorBox: HandleObject {}

func handleValue(_ handle: OpaquePointer?) -> UInt64 { UInt64(UInt(bitPattern: handle)) }

/// Makes a handle that owns the object. nil when there are a million of them.
func makeHandle<T: HandleObject>(_ object: T, _ kind: HandleKind) -> OpaquePointer? {
    let owned = Unmanaged.passRetained(object) // the slot's, whose lock is in slots.c
    let value = gl_slot_new(kind.rawValue, owned.toOpaque())
    guard value != 0, let bits = UInt(exactly: value), let handle = OpaquePointer(bitPattern: bits) else {
        owned.release()
        return nil
    }
    return handle
}

/// The object of a handle, for the length of `body`. What fails there leaves without the secrets of that object.
func withObject<T: HandleObject, R>(_ handle: OpaquePointer?, _ kind: HandleKind, _ body: (T) throws(Failure) -> R) throws(Failure) -> R {
    var object: UnsafeMutableRawPointer?
    let value = handleValue(handle)
    switch gl_slot_enter(value, kind.rawValue, &object) {
    case Int32(GL_SLOT_OK): break
    case Int32(GL_SLOT_FORKED): throw Failure(.forked, "the handle was made before fork() and this is the child: make a new one")
    default: throw Failure(.handle, "not a live handle of this kind")
    }
    defer { // slots.c counts who is inside: only the last one to leave a closed slot is handed the object
        if let last = gl_slot_leave(value) { Unmanaged<T>.fromOpaque(last).takeRetainedValue().handleEnded() }
    }
    guard let object else { throw Failure(.handle, "not a live handle of this kind") }
    // Alive while this call is counted as being inside.
    let it = Unmanaged<T>.fromOpaque(object).takeUnretainedValue()
    do throws(Failure) {
        return try body(it)
    } catch {
        throw it.secrets.map { error.leaving($0) } ?? error
    }
}

/// Closes a handle. `ending` runs once, for the caller who closed it, before the object goes.
func closeHandle<T: HandleObject>(_ handle: OpaquePointer?, _ kind: HandleKind, _ ending: (T) -> Void) {
    _ = try? withObject(handle, kind) { (object: T) throws(Failure) in
        var last: UnsafeMutableRawPointer?
        if gl_slot_close(handleValue(handle), kind.rawValue, &last) == Int32(GL_SLOT_OK) { ending(object) }
    }
}
