/// An object behind a C pointer: what curl and threads hand to their callbacks. Whoever gives the pointer away keeps the object.
enum ObjectPointer {
    // No lock: curl calls back on the thread that drives it, a new thread gets its pointer before it runs.
    static func to(_ object: AnyObject) -> UnsafeMutableRawPointer { Unmanaged.passUnretained(object).toOpaque() }

    static func object<T: AnyObject>(_ pointer: UnsafeMutableRawPointer, _: T.Type) -> T {
        Unmanaged<T>.fromOpaque(pointer).takeUnretainedValue() // whoever gave it away keeps it
    }
}
