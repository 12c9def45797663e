package import Model

extension Client {
    /// Tests models on the calling thread (`gatelet_test_models`). The run holds the document, and why it stopped before its end.
    package func testModels(_ bytes: UnsafeRawBufferPointer?, _ progress: ModelTestProgress?, _ user: UnsafeMutableRawPointer?)
        throws(Failure) -> ModelTestRun {
        let run = ModelTestRun(services, models, setup, progress, user)
        if let bytes { try run.options.read(bytes, run.setup.configuration.caps.depth) }
        let failure = services.blocked.run(run.options.cancelID, run.wish.say) { () -> Failure? in
            do throws(Failure) {
                try run.select()
                try run.drive()
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        return run
    }
}
