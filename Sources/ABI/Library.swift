internal import CGatelet

@c @implementation
public func gatelet_abi_version() -> UInt32 { 0 }
