import Foundation
import PackagePlugin

/// Writes one Swift file with every provider row of Sources/Catalog, so that adding a provider is adding a JSON file.
@main
struct EmbedCatalog: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let module = target as? SourceModuleTarget else { return [] }
        let rows = module.sourceFiles.map(\.url).filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let out = context.pluginWorkDirectoryURL.appending(path: "Rows.swift")
        let script = ####"""
            out=$1; shift
            {
              echo 'package let rows: [(name: StaticString, json: StaticString)] = ['
              for file; do
                printf '("%s", ###"""\n' "$(basename "$file" .json)"
                cat "$file"
                printf '\n"""###),\n'
              done
              echo ']'
            } > "$out"
            """####
        return [.buildCommand(displayName: "Embedding \(rows.count) provider rows", executable: URL(filePath: "/bin/sh"),
                              arguments: ["-eu", "-c", script, "sh", out.path()] + rows.map { $0.path() },
                              inputFiles: rows, outputFiles: [out])]
    }
}
