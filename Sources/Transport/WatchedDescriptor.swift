/// A descriptor beside curl's, and who hears that there is something to read. Called on the thread that drives the engine.
package protocol WatchedDescriptor: AnyObject {
    var descriptor: Int32 { get }
    func becameReadable()
}
