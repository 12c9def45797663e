internal import CShims

/// A number that threads share without a lock, and may sleep on.
package final class AtomicWord {
    private let word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    package init(_ value: UInt32 = 0) { word.initialize(to: value) }
    deinit { word.deallocate() }

    package var value: UInt32 {
        get { gl_load(word) }
        set { gl_store(word, newValue) }
    }

    package var isSet: Bool { gl_load(word) != 0 }
    package func set() { gl_store(word, 1) }
    package func clear() { gl_store(word, 0) }

    /// What it was before.
    @discardableResult
    package func exchange(_ value: UInt32) -> UInt32 { gl_exchange(word, value) }

    /// Adds, around its end, and gives the sum.
    @discardableResult
    package func add(_ value: UInt32) -> UInt32 { gl_add(word, value) }

    /// Sleeps while it has this value, at most so many microseconds; -1: without a bound. What `gl_wait` says.
    package func wait(while value: UInt32, _ microseconds: Int64) -> Int32 { gl_wait(word, value, microseconds) }
    package func wake() { gl_wake(word) }
}
