/** Votes that single replicas were asked for in secret, kept until they have forgotten them (§8.4). */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import { preVotesFor, proofOf, requestVotes } from "../shadow/shadow_campaign.ts";
import { RogueTerm } from "../shadow/shadow_leadership.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import type { Claim, Situation } from "../shadow/shadow_situation.ts";
import { Speaker } from "../support/craft.ts";
import { requestFor } from "../support/request_for.ts";

/** Maximum number of secret candidacies that are remembered. */
const MOST = 12;

interface KeptVote extends Claim {
  readonly voter: ReplicaId;
}

export class KeptVotes {
  readonly #situation: Situation;
  readonly #speaker: Speaker;
  readonly #led: Led;
  readonly #claims: KeptVote[] = [];
  #rogueTerm: RogueTerm | null = null;

  constructor(situation: Situation) {
    this.#situation = situation;
    this.#speaker = new Speaker(situation.faultyReplica);
    this.#led = new Led(situation);
  }

  /** Asks one suspecting replica for its vote, in the highest term there are PreVotes for. */
  collect(): void {
    const { colluders, faultyReplica, self } = this.#situation;
    const wavering = this.#situation.honest.filter(({ state: { election, hard } }) =>
      election.suspectingSince !== null && hard.recovery === null
    );
    if (wavering.length === 0) return;
    const { id, state } = colluders.rng.pick(wavering);
    const packet = requestFor(faultyReplica, state);
    if (packet === null || !this.#speaker.first(`${id} ${packet.signed.term}`)) return;
    this.#claims.push({
      term: packet.signed.term,
      candidate: self,
      voter: id,
      asked: new Map([[id, packet.certificate]]),
    });
    if (this.#claims.length > MOST) this.#claims.shift();
    this.#speaker.say([id], packet);
  }

  /** Asks all others to add their votes to those that `losers` have forgotten, and leads if that is enough. */
  use(losers: readonly ReplicaId[]): void {
    for (const claim of this.#claims) {
      if (!losers.includes(claim.voter)) continue;
      this.#askOthers(claim);
      const proof = claim.term > (this.#rogueTerm?.term ?? 0) ? proofOf(this.#situation, claim) : null;
      if (proof !== null) this.#rogueTerm = new RogueTerm(this.#situation, claim.candidate, claim.term, proof);
    }
    const rogueTerm = this.#rogueTerm;
    if (rogueTerm === null || rogueTerm.followers.length === 0) return;
    serve(this.#situation, rogueTerm, this.#led);
    rogueTerm.beats++;
  }

  #askOthers({ term, candidate, voter, asked }: KeptVote): void {
    const [certificate] = asked.values();
    const open = this.#situation.honest.filter(({ id, state: { hard } }) => id !== voter && hard.currentTerm < term)
      .map(({ id }) => id);
    if (certificate === undefined || open.length === 0) return;
    requestVotes(this.#situation, open, { term, candidate, certificate, preVotes: preVotesFor(this.#situation, term) });
  }
}
