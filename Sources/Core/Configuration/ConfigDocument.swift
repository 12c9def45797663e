internal import Model
internal import Providers
internal import Wire

/// Parses one configuration document.
func parseConfiguration(_ text: String) throws(Failure) -> ConfigValue {
    let document: JSONDocument
    do throws(JSONProblem) {
        document = try JSONDocument(text)
    } catch {
        throw Failure(.json, "the configuration is not JSON: see byte \(error.offset)")
    }
    guard document.root.kind == .object else { throw Failure(.config, "the configuration must be an object") }
    if let path = duplicateMember(in: text) { throw Failure(.config, "\(path): given twice") }
    return ConfigValue(document.root, path: "")
}
