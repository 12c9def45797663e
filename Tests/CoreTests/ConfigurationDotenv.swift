@testable import Model
@testable import Settings
import Testing

@Suite struct ConfigurationDotenv {
    @Test func forms() throws {
        let text = "\u{FEFF}A=1\r\n# comment\n\n  export B = two words \nexport\tC='si#ngle $A \\n'\nD=\"dou\\nble \\\"q\\\" \\x\" # after\n"
            + "E=\nF=x#y #z\nG=a=b\nA.B=dot\nH=''\nA=again\nexported=yes\nI=\"open # sign\"\nJ=# nothing"
        let values = Dictionary(try parseDotenv(text, source: "x").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        #expect(values == [
            "A": "again", "B": "two words", "C": "si#ngle $A \\n", "D": "dou\nble \"q\" \\x", "E": "", "F": "x#y", "G": "a=b",
            "A.B": "dot", "H": "", "exported": "yes", "I": "open # sign", "J": "",
        ])
    }

    @Test(arguments: ["novalue", "=x", "A B=c", "A='open", "A=\"x\" y", "A='x'y", "export", "export =", "\u{0}=1", "A=\"ends\\"])
    func refused(line: String) {
        #expect {
            _ = try parseDotenv("OK=1\n" + line, source: ".env")
        } throws: { error in
            (error as? Failure)?.message == ".env: line 2 is not KEY=VALUE"
        }
    }

    @Test func reachesTheConfiguration() throws {
        let files = [".env": "export ONEROUTER_API_KEY='abc' # mine\nDEV_MODE=1\n"]
        let configuration = try load(#"{"env_file": ".env"}"#, files: files)
        #expect(configuration.devMode && configuration.provider("onerouter").access.keys.first?.value == "abc")
        let file = ["g.json": #"{"env_file": ".env"}"#].merging(files) { a, _ in a }
        #expect(try load(nil, env: ["GATELET_CONFIG": "g.json"], files: file).devMode)
        // An empty variable of the process is not set, so the file's value stands.
        #expect(try load(#"{"env_file": ".env"}"#, env: ["ONEROUTER_API_KEY": ""], files: files).provider("onerouter").isConfigured)
    }
}
