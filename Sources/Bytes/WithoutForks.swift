internal import CShims

/// Runs what this process does once while no fork can happen (firstuse.c). It may call nothing of the host's.
package func withoutForks<R>(_ body: () -> R) -> R {
    let entered = gl_first_use_enter() != 0
    defer { if entered { gl_first_use_leave() } }
    return body()
}
