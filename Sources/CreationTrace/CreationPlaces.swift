import KernelBPF
import Model

/// Finds the places that a program passes on its way to `main`, in the loader and the libc of this host.
enum CreationPlaces {
  private static let loader = "/lib64/ld-linux-x86-64.so.2"
  private static let libraries = [
    "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6",
  ]

  static func ofThisHost() -> [CreationPlace] {
    let images = ImageStore()
    var places: [CreationPlace] = []
    if let image = images.image(path: loader) {
      if let offset = image.fileOffset(ofAddress: image.entry) {
        places.append(CreationPlace(kind: .loader, path: loader, offset: offset))
      }
      if let state = image.symbols.exported("_dl_debug_state").first,
        let offset = image.fileOffset(ofAddress: state.address)
      {
        places.append(CreationPlace(kind: .libraries, path: loader, offset: offset))
      }
    }
    for path in libraries {
      guard let image = images.image(path: path) else { continue }
      if let address = callOfMain(image), let offset = image.fileOffset(ofAddress: address) {
        places.append(CreationPlace(kind: .main, path: path, offset: offset))
      }
      break
    }
    return places
  }

  /// In glibc's `__libc_start_call_main`: `call *%rax` or `call *8(%rsp)`, `mov %eax,%edi`, `call exit`.
  static func callOfMain(_ image: ELFImage) -> UInt64? {
    guard let exit = image.symbols.exported("exit").first?.address,
      let text = image.segments.first(where: { $0.isExecutable })
    else { return nil }
    let bytes = image.bytes(at: text.address, count: Int(min(text.fileSize, 1 << 24)))
    guard bytes.count > 16 else { return nil }
    for index in 4..<(bytes.count - 7)
    where bytes[index] == 0x89 && bytes[index + 1] == 0xc7 && bytes[index + 2] == 0xe8 {
      let distance = (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[index + 3 + $1]) }
      let next = text.address + UInt64(index) + 7
      guard next &+ UInt64(bitPattern: Int64(Int32(bitPattern: distance))) == exit else { continue }
      if bytes[index - 2] == 0xff, bytes[index - 1] == 0xd0 { return text.address + UInt64(index) - 2 }
      if bytes[index - 4] == 0xff, bytes[index - 3] == 0x54 { return text.address + UInt64(index) - 4 }
    }
    return nil
  }
}
