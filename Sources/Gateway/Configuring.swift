package import Model
internal import ModelLists
internal import Settings

/// Reads the configuration of a client, as `readConfiguration` does.
package func loadConfiguration(_ json: UnsafePointer<CChar>?, environment: (String) -> String?,
                               readFile: (String) throws(Failure) -> String) throws(Failure) -> Configuration {
    try readConfiguration(json, environment: environment, readFile: readFile) { (map) throws(Failure) in try ListMapping.check(map) }
}
