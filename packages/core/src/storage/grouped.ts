const none: ReadonlySet<never> = new Set<never>()

/** Members by the group they belong to; a member without a group is in none. */
export class Grouped<Group, Member> {
  readonly #groups = new Map<Group, Set<Member>>()

  get isEmpty(): boolean {
    return this.#groups.size === 0
  }

  of(group: Group): ReadonlySet<Member> {
    return this.#groups.get(group) ?? none
  }

  move(
    from: Group | null | undefined,
    to: Group | null | undefined,
    member: Member | undefined,
  ): void {
    if (member === undefined || from === to) return
    if (from !== null && from !== undefined) {
      const members = this.#groups.get(from)
      members?.delete(member)
      if (members?.size === 0) this.#groups.delete(from)
    }
    if (to === null || to === undefined) return
    const members = this.#groups.get(to)
    if (members === undefined) this.#groups.set(to, new Set([member]))
    else members.add(member)
  }
}
