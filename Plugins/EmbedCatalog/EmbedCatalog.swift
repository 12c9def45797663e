import Foundation
import PackagePlugin

/// Writes one Swift file with every provider row of Sources/Catalog, so that adding a provider is adding a JSON file. What a row
/// says to its readers stays behind (scripts/lean-json.awk).
@main
struct EmbedCatalog: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let module = target as? SourceModuleTarget else { return [] }
        let rows = module.sourceFiles.map(\.url).filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let out = context.pluginWorkDirectoryURL.appending(path: "Rows.swift")
        let lean = context.package.directoryURL.appending(path: "scripts/lean-json.awk")
        let script = ####"""
            out=$1; lean=$2; shift 2
            {
              echo 'package let rows: [(name: StaticString, json: StaticString)] = ['
              for file; do
                printf '("%s", ###"""\n' "$(basename "$file" .json)"
                awk -f "$lean" "$file"
                echo '"""###),'
              done
              echo ']'
            } > "$out"
            """####
        return [.buildCommand(displayName: "Embedding \(rows.count) provider rows", executable: URL(filePath: "/bin/sh"),
                              arguments: ["-eu", "-c", script, "sh", out.path(), lean.path()] + rows.map { $0.path() },
                              inputFiles: rows + [lean], outputFiles: [out])]
    }
}
