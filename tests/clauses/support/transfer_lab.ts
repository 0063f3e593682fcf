/** A replica among forged peers that show it checkpoints and serve it chunks (§8.3). */
import type { CheckpointProof } from "../../../protocol/certificate.ts";
import type { Head } from "../../../protocol/entry.ts";
import type { FetchChunks, FetchEntries } from "../../../protocol/message.ts";
import { fetchEntriesResponse, response } from "./forge.ts";
import { chunksResponse, type ForgedSnapshot } from "./forge_snapshots.ts";
import { Lab, type Outcome } from "./lab.ts";

/** A FetchEntries or FetchChunks, and its receiver. */
export type Asked<M> = M & { readonly to: string };

/** Returns the snapshot from which a source serves; null if it has nothing of it, undefined if it does not answer. */
export type Holds = (source: string) => ForgedSnapshot | null | undefined;

export class TransferLab extends Lab {
  /** FetchChunks not answered yet. */
  readonly pending: Asked<FetchChunks>[] = [];

  /** Has `claimants` show that they committed `head`; returns what this replica then asks for, and of whom. */
  fallBehind(head: Head, claimants: readonly string[] = this.peers, term = 1): Asked<FetchEntries> {
    const first = this.receive(...claimants.map((id) => response(id, term, { commit: head })));
    const asked = askedIn(first, "FetchEntries")[0];
    if (asked) return asked;
    return askedIn(this.until((last) => askedIn(last, "FetchEntries").length > 0, 20_000), "FetchEntries")[0]!;
  }

  /** Has it ask for entries and shows it `proof` instead. */
  show(proof: CheckpointProof, claimants: readonly string[] = this.peers): Outcome {
    const asked = this.fallBehind({ ...proof.stable, index: (proof.stable.index + 1) as Head["index"] }, claimants);
    return this.note(this.receive(fetchEntriesResponse(asked.to, asked, [], null, proof)));
  }

  /** Answers its requests to its sources, one after the other, until the transfer has ended; returns the sources it asked. */
  serve(holds: Holds, withinMs = 60_000): string[] {
    const sources: string[] = [];
    for (const end = this.now + withinMs; this.state.transfer !== null && this.now < end;) {
      const asked = this.pending.shift();
      if (asked === undefined) {
        this.note(this.elapse(10));
        continue;
      }
      sources.push(asked.to);
      const held = holds(asked.to);
      if (held !== undefined) this.note(this.receive(chunksResponse(asked.to, asked, held)));
    }
    return sources;
  }

  /** Records the requests in `outcome`. */
  note(outcome: Outcome): Outcome {
    this.pending.push(...askedIn(outcome, "FetchChunks"));
    return outcome;
  }
}

/** Returns the requests in `outcome`, each with its receiver. */
export function askedIn<K extends "FetchEntries" | "FetchChunks">(
  { sent }: Outcome,
  kind: K,
): Asked<K extends "FetchEntries" ? FetchEntries : FetchChunks>[] {
  return sent.flatMap(({ to, packet }) =>
    packet.kind === kind ? [{ to: String(to[0]), ...packet.signed.message } as never] : []
  );
}
