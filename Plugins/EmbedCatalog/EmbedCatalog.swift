import Foundation
import PackagePlugin

/// Writes one Swift file with every provider row of Sources/Catalog and every list form of Sources/Catalog/forms, so that
/// adding one of either is adding a JSON file. What a row says to its readers stays behind (scripts/lean-json.awk).
@main
struct EmbedCatalog: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let module = target as? SourceModuleTarget else { return [] }
        let files = module.sourceFiles.map(\.url).filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let forms = files.filter { $0.deletingLastPathComponent().lastPathComponent == "forms" }
        let rows = files.filter { !forms.contains($0) }
        let out = context.pluginWorkDirectoryURL.appending(path: "Rows.swift")
        let lean = context.package.directoryURL.appending(path: "scripts/lean-json.awk")
        let script = ####"""
            out=$1; lean=$2; shift 2
            {
              echo 'let rowText: StaticString = ###"""'
              for file; do
                if [ "$file" = -- ]; then
                  printf '\n"""###\nlet formText: StaticString = ###"""\n'
                  continue
                fi
                printf '%s\t' "$(basename "$file" .json)"
                awk -f "$lean" "$file"
              done
              printf '\n"""###\n'
            } > "$out"
            """####
        return [.buildCommand(displayName: "Embedding \(rows.count) provider rows and \(forms.count) list forms",
                              executable: URL(filePath: "/bin/sh"),
                              arguments: ["-eu", "-c", script, "sh", plain(out), plain(lean)] + rows.map(plain) + ["--"] + forms.map(plain),
                              inputFiles: files + [lean], outputFiles: [out])] + tables(module, context)
    }

    /// Tables as one literal each: nothing in them could end it. Of errors.tsv the first three columns, without its notes.
    private func tables(_ module: SourceModuleTarget, _ context: PluginContext) -> [Command] {
        module.sourceFiles.map(\.url).filter { $0.pathExtension == "tsv" }.map { table in
            let isErrors = table.lastPathComponent == "errors.tsv"
            let out = context.pluginWorkDirectoryURL.appending(path: isErrors ? "Errors.swift" : "Prices.swift")
            let lines = isErrors ? "grep -v '^#' \"$2\" | cut -f1-3" : "cat \"$2\""
            let script = ####"{ echo 'package let \####(isErrors ? "errorTable" : "priceTable"): StaticString = ###"""'; \####(lines); echo '"""###'; } > "$1""####
            return .buildCommand(displayName: "Embedding \(table.lastPathComponent)", executable: URL(filePath: "/bin/sh"),
                                 arguments: ["-eu", "-c", script, "sh", plain(out), plain(table)], inputFiles: [table], outputFiles: [out])
        }
    }

    /// As the file system has it: a folder may have a blank in its name.
    private func plain(_ url: URL) -> String { url.path(percentEncoded: false) }
}
