internal import Bytes

/// Hears what a transfer receives, for who writes exchanges down. On the thread that drives the engine, before its delegate hears of the end.
package protocol TransferTape: AnyObject {
    /// Body bytes that the delegate took, so many microseconds behind the start.
    func received(_ bytes: UnsafeRawBufferPointer, at time: Int64)
    func ended(_ transfer: Transfer, _ fault: TransferFault, _ detail: String)
}
