/// The name of a terminal by its device number, as ps(1) prints it.
public enum TerminalName {
  /// `pts/3`, `tty1`, `ttyS0`, `console`, `hvc0`; nil for none and for drivers that we do not know.
  ///
  /// `device` is `tty_nr` of proc_pid_stat(5), packed as new_encode_dev of the kernel packs it: bits 0-7 and
  /// 20-31 are the minor number, 8-19 the major. Numbers as in Documentation/admin-guide/devices.txt.
  public static func name(of device: UInt32) -> String? {
    let major = device >> 8 & 0xfff
    let minor = device & 0xff | device >> 12 & 0xfff00
    switch major {
    case 4: return minor < 64 ? "tty\(minor)" : "ttyS\(minor - 64)"
    case 5: return minor == 0 ? "tty" : minor == 1 ? "console" : minor == 2 ? "ptmx" : nil
    case 136...143: return "pts/\((major - 136) * 256 + minor)"
    case 166: return "ttyACM\(minor)"
    case 188: return "ttyUSB\(minor)"
    case 204: return minor >= 64 && minor < 80 ? "ttyAMA\(minor - 64)" : nil
    case 229: return "hvc\(minor)"
    default: return nil
    }
  }
}
