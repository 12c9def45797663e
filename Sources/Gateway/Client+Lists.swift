package import Bytes
package import Model
package import Settings

extension Client {
    /// `gatelet_list_models`: joins lists, and waits for those that have to be fetched.
    package func listModels(_ bytes: UnsafeRawBufferPointer?, options: CallOptions? = nil) throws(Failure) -> ByteBuffer {
        try ListCall.answer(services, models, setup, bytes, options)
    }
}
