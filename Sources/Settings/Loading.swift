internal import Bytes
internal import CShims
package import Model

/// Reads the configuration of a client.
///
/// Precedence: the JSON given > the file GATELET_CONFIG > the process environment > the env file > the row of the
/// catalog > the defaults. `environment` looks a variable up in the process; `readFile` reads a whole file.
package func readConfiguration(_ json: UnsafePointer<CChar>?, environment: (String) -> String?, readFile: (String) throws(Failure) -> String,
                               checkMapping: @escaping MappingCheck) throws(Failure) -> Configuration {
    let given: ConfigValue? = if let json { try parseConfiguration(UnsafeRawBufferPointer(start: json, count: strlen(json))) } else { nil }
    var useEnvironment = try given?.setting("environment")?.flag() ?? true
    var file: ConfigurationFile?
    if useEnvironment, let path = filled(environment("GATELET_CONFIG")) {
        let found = try ConfigurationFile(path, text: readFile(path))
        if try given?.setting("environment") == nil { useEnvironment = found.environment ?? true }
        file = found
    }
    var envFile = try given?.setting("env_file")?.text() ?? file?.envFile
    if envFile == nil && useEnvironment { envFile = filled(environment("GATELET_ENV_FILE")) }
    var stored: [DotenvEntry] = []
    if let envFile { stored = try parseDotenv(readFile(envFile), source: envFile) }

    let draft = try ConfigurationDraft.ofCatalog(checkMapping)
    do throws(Failure) {
        return try layered(draft, file, given, readFile) { name in
            (useEnvironment ? filled(environment(name)) : nil) ?? filled(stored.last { same($0.name, name) }?.value)
        }
    } catch {
        throw error.leaving(Redaction(secrets: secrets(of: draft.providers.map { Provider($0.parts) }, draft.result.http)))
    }
}

private func layered(_ draft: ConfigurationDraft, _ file: ConfigurationFile?, _ given: ConfigValue?, _ readFile: (String) throws(Failure) -> String,
                     _ lookup: (String) -> String?) throws(Failure) -> Configuration {
    // Twice, because documents both name the variables to read and override them; applying a document again changes nothing.
    try file?.apply(to: draft)
    if let given { try draft.apply(given) }
    draft.applyEnvironment(lookup)
    try file?.apply(to: draft)
    if let given { try draft.apply(given) }
    var configuration = try draft.completed()
    if let path = configuration.priceFile { configuration.filedPrices = try PriceFile(path, readFile(path), of: configuration.providers).prices }
    warnOfPrices(in: &configuration)
    return configuration
}

/// The document GATELET_CONFIG; complaints about it begin with its name.
private struct ConfigurationFile {
    let name: String
    let document: ConfigValue
    let environment: Bool?
    let envFile: String?

    init(_ name: String, text: String) throws(Failure) {
        self.name = name
        (document, environment, envFile) = try Self.naming(name) { () throws(Failure) in
            let document = try parseConfiguration(text)
            return (document, try document.setting("environment")?.flag(), try document.setting("env_file")?.text())
        }
    }

    func apply(to draft: ConfigurationDraft) throws(Failure) {
        try Self.naming(name) { () throws(Failure) in try draft.apply(document) }
    }

    private static func naming<T>(_ name: String, _ body: () throws(Failure) -> T) throws(Failure) -> T {
        do throws(Failure) {
            return try body()
        } catch {
            var failure = error
            failure.message = UnredactedText(concat(shown(name), ": ")) + error.message
            throw failure
        }
    }
}

private func filled(_ text: String?) -> String? {
    guard let text = text.map(withoutBlanks), !text.isEmpty else { return nil }
    return text
}

extension ConfigValue {
    /// A member of a document that is needed before the layers are applied.
    fileprivate func setting(_ name: StaticString) throws(Failure) -> ConfigValue? {
        for (member, value) in try members() where name ~= member { return value }
        return nil
    }
}
