/// An object behind a C pointer: what curl and threads hand to their callbacks. Whoever gives the pointer away keeps the object.
enum ObjectPointer {
    static func to(_ object: AnyObject) -> UnsafeMutableRawPointer { Unmanaged.passUnretained(object).toOpaque() }

    static func object<T: AnyObject>(_ pointer: UnsafeMutableRawPointer, _: T.Type) -> T {
        Unmanaged<T>.fromOpaque(pointer).takeUnretainedValue()
    }
}
