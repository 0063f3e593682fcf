/** A line to another member, which keeps it connected. */
export interface Line {
  /** Calls the member by this name from now on. */
  rename(id: string): void;
  /** Ends the connection at once, and drops what waits for it. */
  close(): void;
}

/** Lines to other members by name. Those stay to whom nothing has changed, save the name. */
export class Lines<M extends { readonly id: string }, L extends Line> {
  readonly #identityOf: (member: M) => string;
  readonly #open: (member: M) => L;
  #byIdentity: ReadonlyMap<string, L> = new Map();
  #byName: ReadonlyMap<string, L> = new Map();

  /** `identityOf` says which members share a line: those of one address and key. `open` begins to connect. */
  constructor(identityOf: (member: M) => string, open: (member: M) => L) {
    this.#identityOf = identityOf;
    this.#open = open;
  }

  get(name: string): L | undefined {
    return this.#byName.get(name);
  }

  /** The lines by name, in the order in which their members were given. */
  get byName(): ReadonlyMap<string, L> {
    return this.#byName;
  }

  /** Closes the lines to whom is not among `members`, and opens those that are missing. Names and identities are different ones. */
  replace(members: readonly M[]): void {
    const before = this.#byIdentity;
    const wanted = new Set(members.map(this.#identityOf));
    for (const [identity, line] of before) if (!wanted.has(identity)) line.close();
    const named = members.map((member) => {
      const identity = this.#identityOf(member);
      return { name: member.id, identity, line: before.get(identity) ?? this.#open(member) };
    });
    this.#byIdentity = new Map(named.map(({ identity, line }) => [identity, line]));
    this.#byName = new Map(named.map(({ name, line }) => [name, line]));
    for (const [name, line] of this.#byName) line.rename(name);
  }
}
