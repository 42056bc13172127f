import Model
import ViewText

/// The multicast groups of netstat -g.
public enum NetstatGroups {
  public static func append(
    _ memberships: [MulticastMembership], _ options: NetstatOptions, names: NetstatNames,
    to text: inout TextBuffer
  ) {
    text.append("IPv6/IPv4 Group Memberships\n")
    text.append("Interface       RefCnt Group\n")
    text.append("--------------- ------ ---------------------\n")
    for membership in memberships {
      let start = text.count
      text.append(name: membership.interface)
      text.pad(from: start, to: 15)
      text.append(" ")
      text.append(decimal: Int(membership.users), left: 6)
      text.append(" ")
      if !options.numericHosts, let name = names.hosts[membership.group] {
        text.append(name: name)
      } else {
        text.append(inetNtop: membership.group)
      }
      text.append("\n")
    }
  }
}
