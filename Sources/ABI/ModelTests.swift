internal import Bytes
public import CGatelet
internal import CShims
internal import Gateway
internal import Model

@c @implementation
public func gatelet_test_models(_ client: OpaquePointer?, _ options_json: UnsafePointer<CChar>?, _ on_progress: gatelet_test_fn?,
                                _ user: UnsafeMutableRawPointer?, _ results_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                                _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    results_json?.pointee = nil
    return guarded(.testModels, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            guard let results_json else { throw Failure(.argument, "results_json is NULL") }
            let options = options_json.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
            var stopped: Failure?
            inCallback(.event, of: handleValue(client)) {
                do throws(Failure) {
                    let run = try it.testModels(options, on_progress, user)
                    results_json.pointee = run.document.takeCString()
                    stopped = run.stopped
                } catch {
                    stopped = error
                }
            }
            if let stopped { throw stopped }
        }
    }
}
