import Routing
import Testing

@Test func placeholder() { _ = FailoverTable() }
