internal import Model

/// What each class of failure leads to.
package struct FailoverTable: Sendable {
    package init() {}
}
