// swift-tools-version: 6.2
// The release library is built with the trait `Embedded` (make); tests and sanitizers build the same sources without it.
import PackageDescription

let onlyEmbedded = BuildSettingCondition.when(traits: ["Embedded"])

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
let swift = strict + [
    .treatWarning("EmbeddedRestrictions", as: .error),
    .enableExperimentalFeature("Embedded", onlyEmbedded),
    // Small before fast: docs/internals/size.md has the table.
    .unsafeFlags(["-Osize"], .when(configuration: .release, traits: ["Embedded"])),
    // In sections of their own, the linker drops functions that nobody calls and all but one of those that are alike.
    .unsafeFlags(["-Xfrontend", "-function-sections"], onlyEmbedded),
    // Embedded Swift checks nothing at run time here, but calls an empty function at each access.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], onlyEmbedded),
    // One trap for all checks of a function: nothing here reads which of them it was.
    .unsafeFlags(["-Xfrontend", "-mergeable-traps"], onlyEmbedded),
]

// Of the debug build; the library that ships is linked by scripts/build-library.
#if arch(x86_64)
let processor = "x86_64"
#else
let processor = "aarch64"
#endif
let link: [LinkerSetting] = [
    // SwiftPM links every library as an embedded one that may be such, and so without the object that tells the runtime of its types: in
    // ordinary Swift the first generic function of the standard library that looks for one would find nothing and crash.
    .unsafeFlags(["-use-ld=lld", "-Xlinker", "-l:\(processor)/swiftrt.o"], .when(configuration: .debug)),
]

func layer(_ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = swift,
           plugins: [Target.PluginUsage] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings, plugins: plugins)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "gatelet",
    products: [.library(name: "gatelet", type: .dynamic, targets: ["ABI"])],
    traits: [.trait(name: "Embedded", description: "Embedded Swift: a library without a language runtime")],
    targets: [
        .systemLibrary(name: "CGatelet", path: "include"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .target(name: "CShims", dependencies: ["CCurl", "CJansson"]),
        layer("Bytes", ["CShims"]),
        layer("JSON", ["CShims", "Bytes"]),
        layer("HTTPText", ["CShims", "Bytes", "JSON"]),
        layer("Model", ["CShims", "Bytes"]),
        .plugin(name: "EmbedCatalog", capability: .buildTool()),
        layer("Catalog", ["Bytes", "HTTPText", "Model"], plugins: ["EmbedCatalog"]),
        layer("Dialects", ["CShims", "Bytes", "JSON", "HTTPText", "Model", "Catalog"]),
        layer("Settings", ["CShims", "Bytes", "JSON", "HTTPText", "Model", "Catalog", "Dialects"]),
        layer("ModelLists", ["CShims", "Bytes", "JSON", "HTTPText", "Model", "Catalog", "Settings", "Dialects"]),
        layer("Planning", ["CShims", "Bytes", "Model", "Settings"]),
        layer("Resilience", ["CShims", "Bytes", "HTTPText", "Model"]),
        layer("Transport", ["CShims", "Bytes", "Model"]),
        layer("Accounting", ["CShims", "Bytes", "JSON", "Model", "Catalog", "Settings", "Dialects", "Planning", "Resilience"]),
        layer("Gateway", ["CShims", "Bytes", "JSON", "HTTPText", "Model", "Catalog", "Settings", "Dialects", "ModelLists", "Planning", "Resilience",
                          "Transport", "Accounting"]),
        .target(name: "ABI", dependencies: ["CGatelet", "CShims", "Bytes", "Model", "Settings", "Accounting", "Gateway"],
                exclude: ["gatelet.map"], swiftSettings: swift, linkerSettings: link),
        .target(name: "TestSupport", dependencies: ["JSON", "Model"], path: "Tests/Support/Swift", swiftSettings: strict),
        tests("WireTests", ["TestSupport", "CShims", "Bytes", "JSON", "HTTPText"]),
        tests("ChunksTests", ["TestSupport", "Bytes", "JSON", "HTTPText", "Dialects"]),
        tests("DialectsTests", ["TestSupport", "Bytes", "JSON", "HTTPText", "Model", "Catalog", "Settings", "Dialects"]),
        tests("ProvidersTests", ["TestSupport", "Bytes", "JSON", "HTTPText", "Model", "Catalog", "Settings", "Dialects", "ModelLists", "Accounting"]),
        tests("PlanningTests", ["TestSupport", "Bytes", "JSON", "Model", "Catalog", "Settings", "Planning"]),
        tests("ResilienceTests", ["Bytes", "HTTPText", "Model", "Resilience"]),
        tests("TransportTests", ["CShims", "Bytes", "HTTPText", "Model", "Transport"]),
        tests("CoreTests", ["TestSupport", "CShims", "Bytes", "JSON", "HTTPText", "Model", "Catalog", "Settings", "Dialects", "ModelLists", "Planning", "Resilience",
                            "Transport", "Accounting", "Gateway"]),
    ]
)

// A source distribution of the Python package has no tests.
if Context.environment["GATELET_WITHOUT_TESTS"] != nil {
    package.targets.removeAll { $0.type == .test || $0.name == "TestSupport" }
}

// What the fuzzers call; only Tests/Fuzz/fuzz asks for it.
if Context.environment["FUZZ"] != nil {
    package.products.append(.library(name: "gatelet-fuzz", type: .dynamic, targets: ["FuzzTargets"]))
    package.targets.append(.target(name: "FuzzTargets", dependencies: ["Gateway", "Model", "Bytes", "JSON", "HTTPText", "Settings", "Catalog", "Dialects", "ModelLists", "Planning", "Resilience"],
                                   path: "Tests/Fuzz/Targets", swiftSettings: strict))
}
