internal import Model
internal import Providers
internal import Wire

/// Parses one configuration document.
func parseConfiguration(_ text: String) throws(Failure) -> ConfigValue {
    let document: JSONDocument
    do throws(JSONProblem) {
        document = try JSONDocument(text)
    } catch {
        throw Failure(.json, concat("the configuration is not JSON: see byte ", String(error.offset)))
    }
    let value = ConfigValue(document, path: "")
    guard value.isObject else { throw Failure(.config, "the configuration must be an object") }
    if let path = duplicateMember(in: text) { throw complaint(at: path, "given twice") }
    return value
}
