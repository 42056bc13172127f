import Model
import Testing

@testable import Attribution

@Suite struct HolderIndexTests {
  @Test("Holders of a socket are neighbours, the highest process and descriptor first")
  func groups() {
    let tasks = [1, 2, 3].map { HolderList.Task(pid: $0, threadID: $0, name: "x") }
    let held: [(UInt64, Int32, Int32)] = [(7, 0, 3), (8, 0, 4), (7, 2, 5), (9, 1, 6), (7, 2, 9), (7, 1, 1)]
    let index = HolderIndex(
      tasks: tasks,
      held: held.map { .init(inode: $0.0, descriptor: HolderList.Descriptor(task: $0.1, number: $0.2)) })
    func holders(_ inode: UInt64) -> [[Int32]] {
      index.list.descriptors[index[inode]].map { [$0.task, $0.number] }
    }
    #expect(holders(7) == [[2, 9], [2, 5], [1, 1], [0, 3]])
    #expect(holders(8) == [[0, 4]] && holders(9) == [[1, 6]])
    #expect(holders(0).isEmpty && holders(4711).isEmpty)
    #expect(HolderIndex()[7].isEmpty)
  }
}
