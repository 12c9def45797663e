// Whoever imports Wire has the part of it that is built for speed, too.
@_exported public import Scan
