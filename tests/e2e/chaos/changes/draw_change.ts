/** Changes of the roster, drawn from a seed so that every kind has its turn. */
import type { Roster } from "../../../../crypto/roster/roster_types.ts";
import type { Rng } from "../../../simulation/plan/rng.ts";

/** One edit of a change. `fresh` is the id of a member that is new. */
export type Edit =
  | { readonly kind: "replace" | "add"; readonly id: string; readonly fresh: string }
  | { readonly kind: "rotate" | "move" | "remove" | "add client" | "revoke client"; readonly id: string }
  | { readonly kind: "constants"; readonly id: string; readonly values: Readonly<Record<string, number>> };

export type EditKind = Edit["kind"];

const KINDS: readonly EditKind[] = [
  ...["replace", "rotate", "move", "add", "remove", "add client", "revoke client", "constants"] as const,
];
/** Edits behind which their replica is no member any more, or not with the key it had. */
const TAKES_AWAY: ReadonlySet<EditKind> = new Set<EditKind>(["replace", "rotate", "remove"]);
const [LEAST_REPLICAS, MOST_REPLICAS] = [4, 7];
/** Probability that the faulty member goes with a change. While it stays it stays the only one of its epoch. */
const GOES_SHARE = 0.75;

/** Returns the kinds of `count` changes: each once before any comes again. */
export function drawKinds(rng: Rng, count: number): EditKind[] {
  const kinds: EditKind[] = [];
  while (kinds.length < count) kinds.push(...rng.shuffle(KINDS));
  return kinds.slice(0, count);
}

/** Draws the edits of changes. */
export class ChangeDrawer {
  readonly #rng: Rng;
  #fresh = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Returns the edits of a change of this kind; where it is not possible, of one that makes room for it. `faulty` is taken away by it mostly. `revocable` are clients that nobody uses. */
  draw(wanted: EditKind, { replicas }: Roster, faulty: string, revocable: readonly string[]): readonly Edit[] {
    const kind = this.#possible(wanted, replicas.length, revocable);
    const goes = this.#rng.chance(GOES_SHARE);
    const honest = replicas.map(({ id }) => String(id)).filter((id) => id !== faulty);
    const first = this.#edit(kind, goes && TAKES_AWAY.has(kind) ? faulty : this.#rng.pick(honest), revocable);
    if (!goes || TAKES_AWAY.has(kind)) return [first];
    return [first, this.#edit(this.#rng.pick(["replace", "rotate"]), faulty, revocable)];
  }

  #possible(kind: EditKind, replicas: number, revocable: readonly string[]): EditKind {
    if (kind === "remove" && replicas <= LEAST_REPLICAS) return "add";
    if (kind === "add" && replicas >= MOST_REPLICAS) return "remove";
    return kind === "revoke client" && revocable.length === 0 ? "add client" : kind;
  }

  #edit(kind: EditKind, id: string, revocable: readonly string[]): Edit {
    switch (kind) {
      case "replace":
      case "add":
        return { kind, id, fresh: `n${++this.#fresh}` };
      case "add client":
        return { kind, id: `extra${++this.#fresh}` };
      case "revoke client":
        return { kind, id: this.#rng.pick(revocable) };
      case "constants":
        return { kind, id, values: { checkpointEvery: this.#rng.int(20, 100), logTail: this.#rng.int(10, 50) } };
      default:
        return { kind, id };
    }
  }
}

/** Returns whether a replica is no member any more behind these edits, or not with the key it had. */
export const isTakenAway = (edits: readonly Edit[], id: string): boolean =>
  edits.some((edit) => edit.id === id && TAKES_AWAY.has(edit.kind));

/** Returns the edits in words. */
export const editsText = (edits: readonly Edit[]): string =>
  edits.map((edit) => {
    if (edit.kind === "replace") return `replace ${edit.id} by ${edit.fresh}`;
    if (edit.kind === "add") return `add ${edit.fresh}`;
    return edit.kind === "constants" ? `constants ${JSON.stringify(edit.values)}` : `${edit.kind} ${edit.id}`;
  }).join(", ");
