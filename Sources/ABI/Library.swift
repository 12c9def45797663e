public import CGatelet
internal import CShims
internal import Model

private let unknown: StaticString = "unknown"

@c @implementation
public func gatelet_version() -> UnsafePointer<CChar>? { gl_version() }

@c @implementation
public func gatelet_abi_version() -> UInt32 { UInt32(GATELET_ABI_VERSION) }

@c @implementation
public func gatelet_status_name(_ status: gatelet_status) -> UnsafePointer<CChar>? {
    staticText(Status(rawValue: status)?.name ?? unknown)
}

@c @implementation
public func gatelet_string_free(_ string: UnsafeMutablePointer<CChar>?) { free(string) }
