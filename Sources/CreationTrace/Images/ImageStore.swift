import KernelSystem
import Model

/// The files that were met, each opened once: by path, and by build id where the kernel gave one.
final class ImageStore {
  private struct Key: Hashable {
    var path: RawText
    var buildID: [UInt8]
    var inode: UInt64
  }
  private var images: [Key: ELFImage?] = [:]

  /// The file that is mapped; nil if it cannot be had any more: gone, replaced, or no ELF file.
  ///
  /// Opened when it is first met, while its process most likely lives: `process` gives the root that its path is seen from.
  func image(for path: RawText, buildID: [UInt8], inode: UInt64, process: Int32) -> ELFImage? {
    let key = Key(path: path, buildID: buildID, inode: buildID.isEmpty ? inode : 0)
    if let known = images[key] { return known }
    let text = path.lossyString
    var found: ELFImage?
    for candidate in ["/proc/\(process)/root\(text)", text] {
      guard let image = open(candidate, path) else { continue }
      // Another file by that name has another identity.
      if !buildID.isEmpty && image.buildID != buildID { continue }
      found = image
      break
    }
    images[key] = found
    return found
  }

  /// A file by its path, as it is now.
  func image(path: String) -> ELFImage? {
    let key = Key(path: RawText(path), buildID: [], inode: 0)
    if let known = images[key] { return known }
    let image = open(path, RawText(path))
    images[key] = image
    return image
  }

  private func open(_ candidate: String, _ path: RawText) -> ELFImage? {
    do throws(SystemError) {
      return ELFImage(path: path, try OwnedDescriptor.openRegularFile(candidate))
    } catch { return nil }
  }
}
