internal import Bytes
public import CGatelet
internal import CShims
internal import Gateway
internal import Model

@c @implementation
public func gatelet_set_interrupt(_ client: OpaquePointer?, _ check: gatelet_interrupt_fn?, _ user: UnsafeMutableRawPointer?,
                                  _ destroy: gatelet_destroy_fn?, _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    let context = CallerContext(client, user, destroy) // destroyed here where nothing keeps it
    return guarded(.setInterrupt, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            guard let check else { return it.setInterrupt(nil) }
            it.setInterrupt { context.call(.interrupt) { check($0) } }
        }
    }
}

@c @implementation
public func gatelet_cancel(_ client: OpaquePointer?, _ id: UnsafePointer<CChar>?,
                           _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    guarded(.cancel, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            it.cancel(String(utf8: try document(id, "id")))
        }
    }
}
